package main

import "testing"

func TestBytesAreComparedAsUnsigned(t *testing.T) {
	// As a signed byte, 0x80 is -128 and less than 0x7f.
	lesser, greater := make([]byte, 32), make([]byte, 32)
	lesser[1], greater[1] = 0x7f, 0x80
	if !isNewer(greater, lesser) || isNewer(lesser, greater) {
		t.Error("the version with 0x80 has to be the newer one")
	}
}

func TestTheSameVersionIsNotNewer(t *testing.T) {
	if isNewer(make([]byte, 32), make([]byte, 32)) {
		t.Error("a version is not newer than itself")
	}
}
