// A subscriber of the topic enriched-records. README.md says how to run it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"

	bolt "go.etcd.io/bbolt"
)

const usage = `Usage: subscriber earliest|history [--once]
       subscriber state

  earliest  prints every change that the topic retains, one JSON object per line
  history   keeps the newest version of each record in a local store: first from ClickHouse, then from the topic
  state     prints that store, one JSON object per line

With --once, earliest and history end when they have read all that was on the topic when they started to read it.`

// The defaults are the addresses of npm start.
var (
	kafkaBrokers       = setting("KAFKA_BROKERS", "127.0.0.1:9092")
	schemaRegistryURL  = setting("SCHEMA_REGISTRY_URL", "http://127.0.0.1:8081/apis/ccompat/v7")
	clickHouseURL      = setting("CLICKHOUSE_URL", "http://127.0.0.1:8123")
	clickHouseUser     = setting("CLICKHOUSE_USER", "default")
	clickHousePassword = setting("CLICKHOUSE_PASSWORD", "")
	clickHouseDatabase = setting("CLICKHOUSE_DATABASE", "qcc")
	storeFile          = setting("STORE", "go-store.db")

	topic     = setting("TOPIC_PREFIX", "") + "enriched-records"
	sinkGroup = setting("TOPIC_PREFIX", "") + "qcc.sink"

	once = slices.Equal(os.Args[min(2, len(os.Args)):], []string{"--once"})
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := map[string]func(context.Context) error{"earliest": earliest, "history": history, "state": state}
	if len(os.Args) < 2 || run[os.Args[1]] == nil || (len(os.Args) > 2 && !once) {
		say(usage)
		os.Exit(2)
	}
	if err := run[os.Args[1]](ctx); err != nil && !errors.Is(err, context.Canceled) {
		say(err)
		os.Exit(1)
	}
}

func earliest(ctx context.Context) error {
	const group = "go-earliest"
	// No offset is committed at the first start, or if the group was away for longer than the broker keeps offsets.
	at, err := committedPositions(ctx, group)
	if err != nil {
		return err
	}
	return readTopic(ctx, group, at, func(changes []change, _ positions) error { return printLines(changes) })
}

func history(ctx context.Context) error {
	store, err := openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	at, err := storedPositions(store)
	if err != nil {
		return err
	}
	if len(at) == 0 {
		if at, err = loadHistory(ctx, store); err != nil {
			return err
		}
	}
	stored := 0
	return readTopic(ctx, "go-history", at, func(changes []change, at positions) error {
		// Records and positions change in one transaction, so a crash can neither skip nor repeat a message.
		err := store.Update(func(tx *bolt.Tx) error {
			for _, c := range changes {
				if err := keepNewest(tx, c); err != nil {
					return err
				}
			}
			return keepPositions(tx, at)
		})
		if err == nil {
			stored += len(changes)
			say("stored", stored, "messages")
		}
		return err
	})
}

// loadHistory fills an empty store from ClickHouse. It returns the positions from which the topic goes on.
func loadHistory(ctx context.Context, store *bolt.DB) (positions, error) {
	// The sink commits an offset after the rows before it are in ClickHouse. So rows that are missing in the answer come
	// after the offsets that were committed before the question.
	at, err := committedPositions(ctx, sinkGroup)
	if err != nil {
		return nil, err
	}
	say("captured the sink's offsets")
	loaded := 0
	// One transaction: a start that is interrupted leaves an empty store.
	err = store.Update(func(tx *bolt.Tx) error {
		err := readCurrent(ctx, func(row change) error {
			loaded++
			return keepNewest(tx, row)
		})
		if err != nil {
			return err
		}
		return keepPositions(tx, at)
	})
	if err == nil {
		say("loaded", loaded, "records from ClickHouse")
	}
	return at, err
}

func state(context.Context) error {
	store, err := openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	return store.View(func(tx *bolt.Tx) error {
		return tx.Bucket(recordsBucket).ForEach(func(_, value []byte) error {
			_, err := fmt.Println(string(value))
			return err
		})
	})
}

func printLines(changes []change) error {
	out := bufio.NewWriter(os.Stdout)
	lines := json.NewEncoder(out)
	for _, c := range changes {
		if err := lines.Encode(c); err != nil {
			return err
		}
	}
	return out.Flush()
}

func say(words ...any) { fmt.Fprintln(os.Stderr, words...) }

func setting(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
