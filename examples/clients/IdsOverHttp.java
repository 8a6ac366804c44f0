import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Values over HTTP from Java 17, with nothing but its standard library.
 *
 * <pre>java examples/clients/IdsOverHttp.java http://127.0.0.1:7070 orders 5</pre>
 *
 * Asks for a block at a time and counts it out, so that most ids cost no request. A request that failed is sent again where the server
 * says that this may help; what a lost answer held is a gap, never a value twice. With a JSON library at hand, use it instead of the
 * patterns below: they suffice because the answer holds digits and fixed names only.
 */
public final class IdsOverHttp {
  private static final int ATTEMPTS_MAX = 5;
  private static final long PAUSE_MS = 50;
  private static final int BLOCK_SIZE = 100;
  private static final Pattern BLOCK = Pattern.compile("\"start\":\"(-?\\d+)\",\"count\":(\\d+),\"increment\":\"(-?\\d+)\"");
  private static final Pattern CODE = Pattern.compile("\"code\":\"(SEQ_[A-Z_]+)\"");

  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
  private final URI uri;
  private final ArrayDeque<Long> inHand = new ArrayDeque<>();
  /** The first request asks for one value and learns whether more may lie in hand. */
  private int count = 1;

  public IdsOverHttp(String address, String sequence) {
    this.uri = URI.create(address + "/v1/sequences/" + sequence + "/next");
  }

  /** The next value; threads take turns. */
  public synchronized long next() throws IOException, InterruptedException {
    if (inHand.isEmpty()) fetch();
    return inHand.remove();
  }

  private void fetch() throws IOException, InterruptedException {
    String answer = ask();
    // A sequence with an order, or whose values begin again some day, says so: nothing of it may lie in hand.
    count = answer.contains("\"order\":") || answer.contains("\"period\":") ? 1 : BLOCK_SIZE;
    Matcher block = BLOCK.matcher(answer);
    while (block.find()) {
      long value = Long.parseLong(block.group(1));
      for (int left = Integer.parseInt(block.group(2)); left > 0; left--) {
        inHand.add(value);
        value += Long.parseLong(block.group(3));
      }
    }
    if (inHand.isEmpty()) throw new IOException("no values in " + answer);
  }

  private String ask() throws IOException, InterruptedException {
    String body = "{\"count\":" + count + ",\"as\":\"blocks\",\"clientType\":\"java\",\"service\":\"example\"}";
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(40))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    for (int attempt = 1; ; attempt++) {
      try {
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() == 200) return response.body();
        if (attempt == ATTEMPTS_MAX || !response.body().contains("\"retriable\":true")) throw refusal(response);
      } catch (java.net.ConnectException | java.net.http.HttpTimeoutException noAnswer) {
        if (attempt == ATTEMPTS_MAX) throw noAnswer;
      }
      Thread.sleep(PAUSE_MS << attempt);
    }
  }

  private static IllegalStateException refusal(HttpResponse<String> response) {
    Matcher code = CODE.matcher(response.body());
    return new IllegalStateException((code.find() ? code.group(1) : "status " + response.statusCode()) + " " + response.body());
  }

  public static void main(String[] args) throws Exception {
    IdsOverHttp ids = new IdsOverHttp(args[0], args[1]);
    for (int i = Integer.parseInt(args[2]); i > 0; i--) System.out.println(ids.next());
  }
}
