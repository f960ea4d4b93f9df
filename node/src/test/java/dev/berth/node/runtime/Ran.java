package dev.berth.node.runtime;

import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecResult;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** Collects what a command says. */
final class Ran implements ExecOutput {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  final CompletableFuture<ExecResult> result = new CompletableFuture<>();

  @Override
  public synchronized void stdout(ByteBuffer bytes) {
    append(out, bytes);
  }

  @Override
  public synchronized void stderr(ByteBuffer bytes) {
    append(err, bytes);
  }

  @Override
  public void ended(ExecResult how) {
    result.complete(how);
  }

  private static void append(ByteArrayOutputStream to, ByteBuffer bytes) {
    var copy = new byte[bytes.remaining()];
    bytes.get(copy);
    to.writeBytes(copy);
  }

  synchronized String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  synchronized String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  int code() {
    return ((ExecResult.Exited) result.join()).code();
  }
}
