package main

import "encoding/hex"

// change has a few fields of a message or row; schemas/enriched-records.avsc has all of them.
type change struct {
	Account      string  `json:"account"`
	OrderNo      string  `json:"orderNo"`
	Revision     int32   `json:"revision"`
	Position     int32   `json:"position"`
	ID           string  `json:"id"`
	CorpKeyNo    string  `json:"corpKeyNo"`
	Type         string  `json:"type"`
	DetailStatus string  `json:"detailStatus"`
	Version      version `json:"version"`
}

// version has 32 bytes, and is written to JSON as hexadecimal digits.
type version []byte

func (v version) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, v), nil }

func (v *version) UnmarshalText(text []byte) (err error) {
	*v, err = hex.AppendDecode(nil, text)
	return err
}
