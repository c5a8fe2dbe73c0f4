import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * Runs queries as DBeaver and other tools do by JDBC: {@code java -cp JARS Read.java URL USER PASSWORD QUERY…}. Writes the rows of each
 * query to standard output as JSON, with cells as text.
 */
class Read {
  public static void main(String[] args) throws Exception {
    var login = new Properties();
    login.setProperty("user", args[1]);
    login.setProperty("password", args[2]);
    var answers = new ArrayList<String>();
    try (Connection connection = DriverManager.getConnection(args[0], login);
        Statement statement = connection.createStatement()) {
      for (int at = 3; at < args.length; at++) {
        try (ResultSet rows = statement.executeQuery(args[at])) {
          answers.add(list(read(rows)));
        }
      }
    }
    System.out.write((list(answers) + "\n").getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }

  private static List<String> read(ResultSet rows) throws Exception {
    var lines = new ArrayList<String>();
    int columns = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      var cells = new ArrayList<String>();
      for (int column = 1; column <= columns; column++) cells.add(cell(rows, column));
      lines.add(list(cells));
    }
    return lines;
  }

  private static String cell(ResultSet rows, int column) throws Exception {
    Object value = rows.getObject(column);
    if (value == null) return "null";
    if (value instanceof java.sql.Array array) {
      var items = new ArrayList<String>();
      for (Object item : (Object[]) array.getArray()) items.add(item == null ? "null" : text(item.toString()));
      return list(items);
    }
    if (value instanceof Boolean) return value.toString();
    if (value instanceof BigDecimal number) return text(number.toPlainString());
    // Tools show a day by java.sql.Date or LocalDate, and both have to be the same.
    if (value instanceof java.sql.Date || value instanceof java.time.LocalDate) {
      String day = rows.getDate(column).toLocalDate().toString();
      String other = rows.getObject(column, java.time.LocalDate.class).toString();
      return text(day.equals(other) ? day : day + " or " + other);
    }
    return text(value.toString());
  }

  private static String list(List<String> items) {
    return "[" + String.join(",", items) + "]";
  }

  private static String text(String value) {
    var json = new StringBuilder("\"");
    for (char letter : value.toCharArray()) {
      if (letter == '"' || letter == '\\') json.append('\\').append(letter);
      else if (letter < ' ') json.append(String.format("\\u%04x", (int) letter));
      else json.append(letter);
    }
    return json.append('"').toString();
  }
}
