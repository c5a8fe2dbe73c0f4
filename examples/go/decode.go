package main

import (
	"context"
	"fmt"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
)

// decoder decodes values in Confluent's wire format with the schema of their writer, which it gets from the registry once.
type decoder struct {
	registry *sr.Client
	schemas  map[int]*avro.Schema
}

// enriched names the fields that this program reads. It skips all others, also those that are newer than the program.
type enriched struct {
	Record struct {
		Account   string `avro:"account"`
		OrderNo   string `avro:"orderNo"`
		Revision  int32  `avro:"revision"`
		Position  int32  `avro:"position"`
		ID        string `avro:"id"`
		CorpKeyNo string `avro:"corpKeyNo"`
		Type      string `avro:"type"`
	} `avro:"record"`
	DetailStatus string   `avro:"detailStatus"`
	Version      [32]byte `avro:"version"`
}

func (d *decoder) decode(ctx context.Context, value []byte) (change, error) {
	id, body, err := new(sr.ConfluentHeader).DecodeID(value)
	if err != nil {
		return change{}, err
	}
	schema, known := d.schemas[id]
	if !known {
		registered, err := d.registry.SchemaByID(ctx, id)
		if err != nil {
			return change{}, fmt.Errorf("schema %d: %w", id, err)
		}
		if schema, err = avro.Parse(registered.Schema); err != nil {
			return change{}, fmt.Errorf("schema %d: %w", id, err)
		}
		d.schemas[id] = schema
	}
	var e enriched
	if _, err := schema.Decode(body, &e, avro.SkipUnknown()); err != nil {
		return change{}, err
	}
	r := e.Record
	return change{r.Account, r.OrderNo, r.Revision, r.Position, r.ID, r.CorpKeyNo, r.Type, e.DetailStatus, e.Version[:]}, nil
}

func newDecoder(registry *sr.Client) *decoder {
	return &decoder{registry: registry, schemas: map[int]*avro.Schema{}}
}
