import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HexFormat;

/**
 * A few fields of a message or row; schemas/enriched-records.avsc has all of them.
 *
 * @param version 64 hexadecimal digits
 */
record Change(
    String account,
    String orderNo,
    int revision,
    int position,
    String id,
    String corpKeyNo,
    String type,
    String detailStatus,
    String version) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Change fromJson(String line) throws JsonProcessingException {
    return JSON.readValue(line, Change.class);
  }

  String toJson() throws JsonProcessingException {
    return JSON.writeValueAsString(this);
  }

  byte[] versionBytes() {
    return HexFormat.of().parseHex(version);
  }
}
