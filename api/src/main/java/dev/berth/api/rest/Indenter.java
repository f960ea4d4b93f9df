package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Sink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/**
 * Lays compact JSON out for people, piece by piece as it passes. JSON documents that follow one
 * another each begin on a line of their own.
 */
final class Indenter {
  private static final int STEP = 2;

  private int depth;
  private boolean quoted;
  private boolean escaped;

  /** A bracket was opened and nothing has followed yet. */
  private boolean opened;

  /** The same answer, laid out if it is JSON. */
  static Answer indented(Answer answer) {
    return switch (answer) {
      case Answer.Whole whole ->
          whole.contentType().startsWith(Answer.JSON)
              ? new Answer.Whole(
                  whole.code(),
                  whole.contentType(),
                  whole.headers(),
                  new Indenter().indent(whole.body()))
              : whole;
      case Answer.Streamed streamed ->
          streamed.contentType().startsWith(Answer.JSON)
              ? new Answer.Streamed(
                  streamed.code(),
                  streamed.contentType(),
                  streamed.headers(),
                  sink -> streamed.body().writeTo(new IndentingSink(sink)),
                  streamed.finished())
              : streamed;
      case Answer.Upgrade upgrade -> upgrade;
    };
  }

  private static final class IndentingSink implements Sink {
    private final Sink sink;
    private final Indenter indenter = new Indenter();

    IndentingSink(Sink sink) {
      this.sink = sink;
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      sink.write(indenter.indent(bytes));
    }

    @Override
    public void onEnd(Runnable end) {
      sink.onEnd(end);
    }

    @Override
    public boolean ending() {
      return sink.ending();
    }
  }

  /** The next piece of JSON, laid out. */
  byte[] indent(byte[] piece) {
    var out = new ByteArrayOutputStream(piece.length + piece.length / 2);
    for (var octet : piece) {
      if (quoted) {
        string(octet, out);
      } else {
        structure(octet, out);
      }
    }
    return out.toByteArray();
  }

  private void string(byte octet, ByteArrayOutputStream out) {
    out.write(octet);
    if (escaped) {
      escaped = false;
    } else if (octet == '\\') {
      escaped = true;
    } else if (octet == '"') {
      quoted = false;
    }
  }

  private void structure(byte octet, ByteArrayOutputStream out) {
    switch (octet) {
      case ' ', '\t', '\r', '\n' -> {}
      case '{', '[' -> {
        begin(out);
        out.write(octet);
        depth++;
        opened = true;
      }
      case '}', ']' -> {
        depth--;
        if (!opened) {
          line(out);
        }
        opened = false;
        out.write(octet);
        if (depth == 0) {
          out.write('\n');
        }
      }
      case ',' -> {
        out.write(octet);
        line(out);
      }
      case ':' -> {
        out.write(octet);
        out.write(' ');
      }
      default -> {
        begin(out);
        out.write(octet);
        quoted = octet == '"';
      }
    }
  }

  /** Something follows: after an opened bracket, on a new line. */
  private void begin(ByteArrayOutputStream out) {
    if (opened) {
      opened = false;
      line(out);
    }
  }

  private void line(ByteArrayOutputStream out) {
    out.write('\n');
    for (var i = 0; i < depth * STEP; i++) {
      out.write(' ');
    }
  }
}
