import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Values straight from the Redis of a pool, from Java 17, over a plain socket: no gateway, no Redis library.
 *
 * <pre>java examples/clients/IdsFromRedis.java 127.0.0.1:6379 orders 5</pre>
 *
 * One FCALL takes a block in one step of the server. An empty stock orders by itself, so the caller asks again until values are there or
 * its patience ends.
 */
public final class IdsFromRedis implements AutoCloseable {
  private static final long ASK_AGAIN_MS = 30;
  private static final long PATIENCE_MS = 10_000;

  private final Socket socket = new Socket();
  private final DataInputStream in;
  private final OutputStream out;

  public IdsFromRedis(String host, int port) throws IOException {
    socket.connect(new InetSocketAddress(host, port), 5_000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    out = socket.getOutputStream();
  }

  /** That many values of the stream (sequence/type/service), all or none. */
  public List<Long> take(String stream, int count) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000;
    // Arguments: count, form, numbered, again. What was refused before is not counted as demand twice.
    for (String again = "0"; ; again = "1") {
      List<?> reply = (List<?>) command("FCALL", "seqcast_next", "1", "{" + stream + "}:stock", String.valueOf(count), "values", "0", again);
      switch ((String) reply.get(0)) {
        case "taken":
          return valuesOf((List<?>) reply.get(2));
        case "moved":
          throw new IOException(stream + " is served by pool " + reply.get(2) + " now: see `seqcast pools`");
        default:
          if (System.nanoTime() > deadline) throw new IOException("no values of " + stream + ": is the name right, is it used up?");
          Thread.sleep(ASK_AGAIN_MS);
      }
    }
  }

  private static List<Long> valuesOf(List<?> runs) {
    List<Long> values = new ArrayList<>();
    for (Object each : runs) {
      List<?> run = (List<?>) each;
      // First value and increment are text, because they have 64 bits; the count is a number.
      long value = Long.parseLong((String) run.get(0));
      long increment = Long.parseLong((String) run.get(2));
      for (long left = (Long) run.get(1); left > 0; left--, value += increment) values.add(value);
    }
    return values;
  }

  private Object command(String... words) throws IOException {
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) text.append('$').append(word.getBytes(StandardCharsets.UTF_8).length).append("\r\n").append(word).append("\r\n");
    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
    return reply();
  }

  private Object reply() throws IOException {
    String line = line();
    String rest = line.substring(1);
    switch (line.charAt(0)) {
      case ':':
        return Long.parseLong(rest);
      case '$': {
        byte[] bytes = in.readNBytes(Integer.parseInt(rest) + 2);
        return new String(bytes, 0, bytes.length - 2, StandardCharsets.UTF_8);
      }
      case '*': {
        List<Object> list = new ArrayList<>();
        for (int left = Integer.parseInt(rest); left > 0; left--) list.add(reply());
        return list;
      }
      case '-':
        throw new IOException("Redis refuses: " + rest);
      default:
        return rest;
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int letter = in.read(); letter != '\r'; letter = in.read()) {
      if (letter < 0) throw new EOFException("Redis closed the connection");
      line.append((char) letter);
    }
    in.read();
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  public static void main(String[] args) throws Exception {
    String[] address = args[0].split(":");
    try (IdsFromRedis redis = new IdsFromRedis(address[0], Integer.parseInt(address[1]))) {
      for (long value : redis.take(args[1] + "/java/example", Integer.parseInt(args[2]))) System.out.println(value);
    }
  }
}
