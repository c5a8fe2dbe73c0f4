package main

import "bytes"

// isNewer says whether version replaces the stored version of the same (account, id). Go compares bytes as unsigned.
func isNewer(version, stored []byte) bool {
	return bytes.Compare(version, stored) > 0
}
