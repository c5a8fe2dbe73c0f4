import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The topic as one group reads it. Positions map a partition to the offset of the message to read next.
 *
 * <p>It assigns itself all partitions, because the store belongs to this process alone. So a restart goes on at once,
 * without waiting until the group has noticed the end of the process before it.
 */
final class Topic implements AutoCloseable {
  interface Handler {
    void handle(List<Change> changes, Map<Integer, Long> positions) throws Exception;
  }

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Set<TopicPartition> partitions;

  Topic(String group) {
    Properties settings = new Properties();
    // TLS and login go here too: security.protocol, ssl.truststore.location, sasl.mechanism, sasl.jaas.config.
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, Settings.KAFKA_BROKERS);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    // A position that the topic no longer has is an error. Going on elsewhere would skip changes silently.
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    partitions =
        consumer.partitionsFor(Settings.TOPIC).stream()
            .map(each -> new TopicPartition(each.topic(), each.partition()))
            .collect(Collectors.toSet());
    consumer.assign(partitions);
  }

  /** The offsets that the group has committed; the start of the partition if there is none or it is older. */
  Map<Integer, Long> committed() {
    Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions);
    Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(partitions);
    Map<Integer, Long> positions = new TreeMap<>();
    for (TopicPartition each : partitions) {
      OffsetAndMetadata offset = committed.get(each);
      positions.put(each.partition(), offset == null ? starts.get(each) : Math.max(offset.offset(), starts.get(each)));
    }
    return positions;
  }

  /** Passes changes on in batches, and commits the positions after the handler has returned. */
  void read(Map<Integer, Long> positions, boolean once, Handler handler) throws Exception {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    Decoder decoder = new Decoder();
    for (TopicPartition each : partitions) consumer.seek(each, positions.get(each.partition()));
    for (boolean caughtUp = false; ; ) {
      if (!caughtUp && ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
        caughtUp = true;
        System.err.println("caught up");
        if (once) return;
      }
      List<Change> changes = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> message : consumer.poll(Duration.ofSeconds(1))) {
        changes.add(decoder.decode(message.value()));
      }
      // The position is after the marker of the last transaction, too, which takes an offset.
      Map<Integer, Long> now = new TreeMap<>();
      for (TopicPartition each : partitions) now.put(each.partition(), consumer.position(each));
      if (now.equals(positions)) continue;
      handler.handle(changes, now);
      consumer.commitSync(
          partitions.stream()
              .collect(Collectors.toMap(each -> each, each -> new OffsetAndMetadata(now.get(each.partition())))));
      positions = now;
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
