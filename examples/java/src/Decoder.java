import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;

/** Decodes values in Confluent's wire format with the schema of their writer, which it gets from the registry once. */
final class Decoder {
  private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();

  Change decode(byte[] value) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(value);
    if (header.get() != 0) throw new IOException("the value does not begin with the byte 0");
    int schemaId = header.getInt();
    GenericDatumReader<GenericRecord> reader = readers.get(schemaId);
    if (reader == null) readers.put(schemaId, reader = new GenericDatumReader<>(fetchSchema(schemaId)));
    // The result has fields that are newer than this program, too; it ignores them.
    GenericRecord enriched =
        reader.read(null, DecoderFactory.get().binaryDecoder(value, header.position(), header.remaining(), null));
    GenericRecord record = (GenericRecord) enriched.get("record");
    return new Change(
        record.get("account").toString(),
        record.get("orderNo").toString(),
        (Integer) record.get("revision"),
        (Integer) record.get("position"),
        record.get("id").toString(),
        record.get("corpKeyNo").toString(),
        record.get("type").toString(),
        enriched.get("detailStatus").toString(),
        HexFormat.of().formatHex(((GenericFixed) enriched.get("version")).bytes()));
  }

  private static Schema fetchSchema(int id) throws IOException {
    URI uri = URI.create(Settings.SCHEMA_REGISTRY_URL + "/schemas/ids/" + id);
    try (InputStream answer = uri.toURL().openStream()) {
      return new Schema.Parser().parse(new ObjectMapper().readTree(answer).get("schema").asText());
    }
  }
}
