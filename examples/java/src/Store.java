import com.fasterxml.jackson.core.JsonProcessingException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** A SQLite file with the newest version of each record and the positions in the topic. Nothing is kept before `commit`. */
final class Store implements AutoCloseable {
  private final Connection connection = DriverManager.getConnection("jdbc:sqlite:" + Settings.STORE);
  private final PreparedStatement find;
  private final PreparedStatement replace;
  private final PreparedStatement move;

  Store() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS records (
            account TEXT, id TEXT, version BLOB, change TEXT, PRIMARY KEY (account, id))""");
      statement.execute(
          "CREATE TABLE IF NOT EXISTS positions (partition INTEGER PRIMARY KEY, next_offset INTEGER)");
    }
    connection.setAutoCommit(false);
    find = connection.prepareStatement("SELECT version FROM records WHERE account = ? AND id = ?");
    replace = connection.prepareStatement("REPLACE INTO records VALUES (?, ?, ?, ?)");
    move = connection.prepareStatement("REPLACE INTO positions VALUES (?, ?)");
  }

  /** Stores the change unless the store has its version or a newer one. */
  void keepNewest(Change change) throws SQLException, JsonProcessingException {
    find.setString(1, change.account());
    find.setString(2, change.id());
    try (ResultSet stored = find.executeQuery()) {
      if (stored.next() && !Versions.isNewer(change.versionBytes(), stored.getBytes(1))) return;
    }
    replace.setString(1, change.account());
    replace.setString(2, change.id());
    replace.setBytes(3, change.versionBytes());
    replace.setString(4, change.toJson());
    replace.execute();
  }

  void keepPositions(Map<Integer, Long> positions) throws SQLException {
    for (Map.Entry<Integer, Long> position : positions.entrySet()) {
      move.setInt(1, position.getKey());
      move.setLong(2, position.getValue());
      move.execute();
    }
  }

  /** Partition to the offset of the message to read next; empty in a new store. */
  Map<Integer, Long> positions() throws SQLException {
    Map<Integer, Long> positions = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT partition, next_offset FROM positions")) {
      while (rows.next()) positions.put(rows.getInt(1), rows.getLong(2));
    }
    return positions;
  }

  void eachChange(Consumer<String> handle) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT change FROM records")) {
      while (rows.next()) handle.accept(rows.getString(1));
    }
  }

  void commit() throws SQLException {
    connection.commit();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
