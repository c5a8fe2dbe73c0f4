import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.stream.Collectors;
import java.util.stream.Stream;

final class ClickHouse {
  private ClickHouse() {}

  /** The current state, one JSON object per row. */
  static Stream<String> currentRecords() throws IOException, InterruptedException {
    String query =
        """
        SELECT account, order_no AS orderNo, revision, position, id, corp_key_no AS corpKeyNo, type,
          detail_status AS detailStatus, leftPad(lower(hex(version)), 64, '0') AS version
        FROM %s.records FORMAT JSONEachRow"""
            .formatted(Settings.CLICKHOUSE_DATABASE);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(Settings.CLICKHOUSE_URL))
            .header("X-ClickHouse-User", Settings.CLICKHOUSE_USER)
            .header("X-ClickHouse-Key", Settings.CLICKHOUSE_PASSWORD)
            .POST(HttpRequest.BodyPublishers.ofString(query))
            .build();
    HttpResponse<Stream<String>> response =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofLines());
    if (response.statusCode() != 200) {
      throw new IOException("ClickHouse refused the query: " + response.body().collect(Collectors.joining("\n")));
    }
    return response.body();
  }
}
