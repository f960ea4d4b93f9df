package dev.berth.it.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Makes the directories of tests. When the JVM is stopped before JUnit has deleted one, it goes
 * with the mounts and disks that the test has made in it.
 */
public final class TestDirectory implements TempDirFactory {
  public static final String PREFIX = "berth-it-dir-";

  private @Nullable Path dir;
  private @Nullable ShutdownHook hook;

  @Override
  public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
      throws IOException {
    return make();
  }

  /** Makes it; for use without JUnit. */
  public Path make() throws IOException {
    var made = Files.createTempDirectory(PREFIX);
    dir = made;
    hook = ShutdownHook.add(() -> Leftovers.remove(made));
    return made;
  }

  @Override
  public void close() {
    // What could not be deleted is tried again at the end, when nothing uses it any more.
    if (hook != null && dir != null && Files.notExists(dir)) {
      hook.remove();
    }
  }
}
