/** Settings from the environment. The defaults are the addresses of `npm start`. */
final class Settings {
  static final String KAFKA_BROKERS = read("KAFKA_BROKERS", "127.0.0.1:9092");
  static final String SCHEMA_REGISTRY_URL = read("SCHEMA_REGISTRY_URL", "http://127.0.0.1:8081/apis/ccompat/v7");
  static final String CLICKHOUSE_URL = read("CLICKHOUSE_URL", "http://127.0.0.1:8123");
  static final String CLICKHOUSE_USER = read("CLICKHOUSE_USER", "default");
  static final String CLICKHOUSE_PASSWORD = read("CLICKHOUSE_PASSWORD", "");
  static final String CLICKHOUSE_DATABASE = read("CLICKHOUSE_DATABASE", "qcc");
  static final String STORE = read("STORE", "java-store.db");
  static final String TOPIC = read("TOPIC_PREFIX", "") + "enriched-records";
  static final String SINK_GROUP = read("TOPIC_PREFIX", "") + "qcc.sink";

  private Settings() {}

  private static String read(String name, String fallback) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? fallback : value;
  }
}
