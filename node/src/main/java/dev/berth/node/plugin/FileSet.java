package dev.berth.node.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Files with their content, by their relative path. Two sets are equal when all that a reader of
 * the files could see is equal. It never shows the content in its text: some of it is secret.
 */
public final class FileSet {

  /** A set without files. */
  public static final FileSet NONE = new Builder().build();

  /** A file's bytes, and its permissions as chmod takes them. */
  record Entry(byte[] content, int mode) {

    boolean same(Entry other) {
      return mode == other.mode && Arrays.equals(content, other.content);
    }

    @Override
    public String toString() {
      return content.length + " bytes, mode " + Integer.toOctalString(mode);
    }
  }

  private final SortedMap<String, Entry> files;
  private final String digest;

  private FileSet(SortedMap<String, Entry> files) {
    this.files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    this.digest = digest(files);
  }

  /** Collects files; a later one of the same path takes the place of an earlier one. */
  public static final class Builder {
    private final SortedMap<String, Entry> files = new TreeMap<>();

    /**
     * @param path relative, below the volume's root
     */
    public Builder add(String path, byte[] content, int mode) {
      files.put(path, new Entry(content, mode));
      return this;
    }

    public FileSet build() {
      return new FileSet(files);
    }
  }

  SortedMap<String, Entry> files() {
    return files;
  }

  /** Another one for every other set. */
  public String digest() {
    return digest;
  }

  private static String digest(SortedMap<String, Entry> files) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      files.forEach(
          (path, entry) -> {
            var name = path.getBytes(UTF_8);
            digest.update(
                ByteBuffer.allocate(12)
                    .putInt(name.length)
                    .putInt(entry.mode())
                    .putInt(entry.content().length)
                    .flip());
            digest.update(name);
            digest.update(entry.content());
          });
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FileSet set && set.digest.equals(digest);
  }

  @Override
  public int hashCode() {
    return digest.hashCode();
  }

  @Override
  public String toString() {
    return files.toString();
  }
}
