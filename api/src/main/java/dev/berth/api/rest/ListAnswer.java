package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Sink;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.ResourcePage;
import dev.berth.core.storage.StoreException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/**
 * A list on its way to a client: read in pages of one snapshot and sent as it is read, so that
 * never more than a page of it is held.
 */
final class ListAnswer {
  private static final int PAGE = 500;
  private static final int PIECE = 32 << 10;

  /** Reads a page of the list, or does to its objects what the answer tells. */
  interface Pages {
    ResourcePage read(ListOptions options);
  }

  private final Pages pages;
  private final ListOptions options;
  private final Printer printer;

  ListAnswer(Pages pages, ListOptions options, Printer printer) {
    this.pages = pages;
    this.options = options;
    this.printer = printer;
  }

  /** Reads the first page; what can be rejected is rejected now. */
  Answer begin() {
    // With a version and a limit a list means another thing than without the limit.
    var version = options.resourceVersion();
    var whole = options.limit() == 0 && options.continueToken() == null;
    var paged = whole && (version == null || version.equals("0"));
    var first = pages.read(paged ? page(options) : options);
    var followed = paged && first.continueToken() != null;
    return new Answer.Streamed(
        200, Answer.JSON, List.of(), sink -> send(first, followed, sink), () -> {});
  }

  private static ListOptions page(ListOptions options) {
    return new ListOptions(
        options.labelSelector(),
        options.fieldSelector(),
        PAGE,
        null,
        options.resourceVersion(),
        options.resourceVersionMatch());
  }

  private static ListOptions next(ListOptions options, String token) {
    return new ListOptions(
        options.labelSelector(), options.fieldSelector(), PAGE, token, null, null);
  }

  private ResourcePage next(String token) throws IOException {
    try {
      return pages.read(next(options, token));
    } catch (Rejection | StoreException failure) {
      throw new IOException("a list was broken off: " + failure.getMessage(), failure);
    }
  }

  private void send(ResourcePage first, boolean paged, Sink sink) throws IOException {
    var buffer = new ByteArrayOutputStream(PIECE + 4096);
    buffer.writeBytes(
        printer.listHead(
            paged ? new ResourcePage(first.revision(), List.of(), null, null) : first));
    var page = first;
    var separate = false;
    while (true) {
      for (var object : page.objects()) {
        if (separate) {
          buffer.write(',');
        }
        separate = true;
        buffer.writeBytes(printer.member(object));
        if (buffer.size() >= PIECE) {
          sink.write(buffer.toByteArray());
          buffer.reset();
        }
      }
      var token = page.continueToken();
      if (!paged || token == null) {
        break;
      }
      page = next(token);
    }
    buffer.writeBytes(printer.listTail());
    sink.write(buffer.toByteArray());
  }
}
