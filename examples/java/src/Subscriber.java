import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A subscriber of the topic enriched-records. README.md says how to run it. */
final class Subscriber {
  private static final String USAGE =
      """
      Usage: Subscriber earliest|history [--once]
             Subscriber state

        earliest  prints every change that the topic retains, one JSON object per line
        history   keeps the newest version of each record in a local store: first from ClickHouse, then from the topic
        state     prints that store, one JSON object per line

      With --once, earliest and history end when they have read all that was on the topic when they started to read it.""";

  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  public static void main(String[] args) throws Exception {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    List<String> given = List.of(args);
    boolean once = given.size() == 2 && given.get(1).equals("--once");
    String mode = given.size() == 1 || once ? given.get(0) : "";
    switch (mode) {
      case "earliest" -> earliest(once);
      case "history" -> history(once);
      case "state" -> state();
      default -> {
        System.err.println(USAGE);
        System.exit(2);
      }
    }
  }

  private static void earliest(boolean once) throws Exception {
    try (Topic topic = new Topic("java-earliest")) {
      // No offset is committed at the first start, or if the group was away for longer than the broker keeps offsets.
      topic.read(
          topic.committed(),
          once,
          (changes, positions) -> {
            for (Change change : changes) OUT.println(change.toJson());
            OUT.flush();
          });
    }
  }

  private static void history(boolean once) throws Exception {
    try (Store store = new Store();
        Topic topic = new Topic("java-history")) {
      if (store.positions().isEmpty()) loadHistory(store);
      long[] stored = {0};
      topic.read(
          store.positions(),
          once,
          (changes, positions) -> {
            // Records and positions change in one transaction, so a crash can neither skip nor repeat a message.
            for (Change change : changes) store.keepNewest(change);
            store.keepPositions(positions);
            store.commit();
            stored[0] += changes.size();
            System.err.println("stored " + stored[0] + " messages");
          });
    }
  }

  private static void loadHistory(Store store) throws Exception {
    // The sink commits an offset after the rows before it are in ClickHouse. So rows that are missing in the answer come
    // after the offsets that were committed before the question. A consumer that is in no group may ask for them.
    Map<Integer, Long> positions;
    try (Topic sink = new Topic(Settings.SINK_GROUP)) {
      positions = sink.committed();
    }
    System.err.println("captured the sink's offsets");
    int loaded = 0;
    try (Stream<String> rows = ClickHouse.currentRecords()) {
      for (Iterator<String> each = rows.iterator(); each.hasNext(); loaded++) {
        store.keepNewest(Change.fromJson(each.next()));
      }
    }
    // One transaction: a start that is interrupted leaves an empty store.
    store.keepPositions(positions);
    store.commit();
    System.err.println("loaded " + loaded + " records from ClickHouse");
  }

  private static void state() throws Exception {
    try (Store store = new Store()) {
      store.eachChange(OUT::println);
      OUT.flush();
    }
  }
}
