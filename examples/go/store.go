package main

import (
	"encoding/binary"
	"encoding/json"

	bolt "go.etcd.io/bbolt"
)

var (
	recordsBucket   = []byte("records")
	positionsBucket = []byte("positions")
)

// openStore opens the file with the newest version of each record and the positions in the topic. One process at a time
// can open it.
func openStore() (*bolt.DB, error) {
	store, err := bolt.Open(storeFile, 0o600, nil)
	if err != nil {
		return nil, err
	}
	return store, store.Update(func(tx *bolt.Tx) error {
		if _, err := tx.CreateBucketIfNotExists(recordsBucket); err != nil {
			return err
		}
		_, err := tx.CreateBucketIfNotExists(positionsBucket)
		return err
	})
}

// keepNewest stores the change unless the store has its version or a newer one.
func keepNewest(tx *bolt.Tx, c change) error {
	records, key := tx.Bucket(recordsBucket), []byte(c.Account+"\x00"+c.ID)
	if value := records.Get(key); value != nil {
		var stored change
		if err := json.Unmarshal(value, &stored); err != nil {
			return err
		}
		if !isNewer(c.Version, stored.Version) {
			return nil
		}
	}
	value, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return records.Put(key, value)
}

// positions maps a partition to the offset of the message to read next.
type positions map[int32]int64

func keepPositions(tx *bolt.Tx, at positions) error {
	for partition, offset := range at {
		key := binary.BigEndian.AppendUint32(nil, uint32(partition))
		if err := tx.Bucket(positionsBucket).Put(key, binary.BigEndian.AppendUint64(nil, uint64(offset))); err != nil {
			return err
		}
	}
	return nil
}

func storedPositions(store *bolt.DB) (positions, error) {
	at := positions{}
	return at, store.View(func(tx *bolt.Tx) error {
		return tx.Bucket(positionsBucket).ForEach(func(key, value []byte) error {
			at[int32(binary.BigEndian.Uint32(key))] = int64(binary.BigEndian.Uint64(value))
			return nil
		})
	})
}
