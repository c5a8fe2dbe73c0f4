package main

import (
	"context"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

// connect has the options for every connection to Kafka. TLS and login go here too: kgo.DialTLS and kgo.SASL.
func connect(more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(more, kgo.SeedBrokers(strings.Split(kafkaBrokers, ",")...))...)
}

// committedPositions are the offsets that a group has committed; the start of the partition if there is none or it is older.
func committedPositions(ctx context.Context, group string) (positions, error) {
	client, err := connect()
	if err != nil {
		return nil, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	committed, err := admin.FetchOffsets(ctx, group)
	if err != nil {
		return nil, err
	}
	at := positions{}
	starts.Each(func(start kadm.ListedOffset) {
		at[start.Partition] = start.Offset
		if offset, found := committed.Lookup(topic, start.Partition); found {
			at[start.Partition] = max(offset.At, start.Offset)
		}
	})
	return at, starts.Error()
}

// readTopic passes changes on in batches, and commits the positions after handle has returned.
//
// It assigns itself all partitions, because the store belongs to this process alone. So a restart goes on at once, without
// waiting until the group has noticed the end of the process before it.
func readTopic(ctx context.Context, group string, at positions, handle func([]change, positions) error) error {
	starts := map[int32]kgo.Offset{}
	for partition, offset := range at {
		starts[partition] = kgo.NewOffset().At(offset)
	}
	client, err := connect(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// The marker at the end of each transaction takes an offset. Without this option the position would stay before it.
		kgo.KeepControlRecords(),
		// A position that the topic no longer has is an error. Going on elsewhere would skip changes silently.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return err
	}
	registry, err := sr.NewClient(sr.URLs(schemaRegistryURL))
	if err != nil {
		return err
	}
	values := newDecoder(registry)
	for caughtUp := false; ; {
		if !caughtUp && reached(at, ends) {
			caughtUp = true
			say("caught up")
			if once {
				return nil
			}
		}
		fetches := client.PollRecords(ctx, 500)
		if err := fetches.Err(); err != nil {
			return err
		}
		var changes []change
		for _, record := range fetches.Records() {
			if !record.Attrs.IsControl() {
				c, err := values.decode(ctx, record.Value)
				if err != nil {
					return err
				}
				changes = append(changes, c)
			}
			at[record.Partition] = record.Offset + 1
		}
		if err := handle(changes, at); err != nil {
			return err
		}
		if err := commit(ctx, admin, group, at); err != nil {
			return err
		}
	}
}

func reached(at positions, ends kadm.ListedOffsets) bool {
	all := true
	ends.Each(func(end kadm.ListedOffset) { all = all && at[end.Partition] >= end.Offset })
	return all
}

func commit(ctx context.Context, admin *kadm.Client, group string, at positions) error {
	offsets := kadm.Offsets{}
	for partition, offset := range at {
		offsets.AddOffset(topic, partition, offset, -1)
	}
	return admin.CommitAllOffsets(ctx, group, offsets)
}
