package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// readCurrent passes on the current state, row by row.
func readCurrent(ctx context.Context, handle func(change) error) error {
	query := `SELECT account, order_no AS orderNo, revision, position, id, corp_key_no AS corpKeyNo, type,
		detail_status AS detailStatus, leftPad(lower(hex(version)), 64, '0') AS version
		FROM ` + clickHouseDatabase + `.records FORMAT JSONEachRow`
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, clickHouseURL, strings.NewReader(query))
	if err != nil {
		return err
	}
	request.Header.Set("X-ClickHouse-User", clickHouseUser)
	request.Header.Set("X-ClickHouse-Key", clickHousePassword)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("ClickHouse answered %s: %s", response.Status, text)
	}
	for rows := json.NewDecoder(response.Body); ; {
		var row change
		if err := rows.Decode(&row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := handle(row); err != nil {
			return err
		}
	}
}
