package dev.berth.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KeyLayoutTest {
  private static final List<ObjectKey> KEYS =
      List.of(
          new ObjectKey("nodes", "", "n"),
          new ObjectKey("nodes.x", "", "n"),
          new ObjectKey("pods", "", "z"),
          new ObjectKey("pods", "a", "b"),
          new ObjectKey("pods", "a", "b-c"),
          new ObjectKey("pods", "a-b", "a"),
          new ObjectKey("pods", "ab", "a"),
          new ObjectKey("podtemplates", "a", "b"),
          new ObjectKey("pods\u00e4", "\u00fc", "\u20ac"));

  /** The bytes that every store on a disk somewhere has. */
  @Test
  void theBytesAreThoseOfTheFormat() {
    var stem = KeyLayout.stem(new ObjectKey("pods", "ns", "p"));

    assertThat(hex(stem)).isEqualTo("706f6473006e73007000");
    assertThat(hex(KeyLayout.version(stem, 258))).isEqualTo("706f6473006e73007000fffffffffffffefd");
    assertThat(hex(KeyLayout.log(258))).isEqualTo("0000000000000102");
  }

  @Test
  void keysAreReadBack() {
    for (var key : KEYS) {
      var stem = KeyLayout.stem(key);
      var version = KeyLayout.version(stem, 123_456_789_012L);

      assertThat(KeyLayout.key(stem)).isEqualTo(key);
      assertThat(KeyLayout.stemOf(version)).isEqualTo(stem);
      assertThat(KeyLayout.revisionOf(version)).isEqualTo(123_456_789_012L);
      assertThat(KeyLayout.liesUnder(version, stem)).isTrue();
    }
    assertThat(KeyLayout.logRevision(KeyLayout.log(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theOrderIsThatOfTheKeysAndThenNewestFirst() {
    var random = new SplittableRandom(7);
    record Version(ObjectKey key, long revision) {}
    var versions =
        KEYS.stream()
            .flatMap(
                key ->
                    Stream.concat(
                            Stream.of(1L, 2L, 255L, 256L, Long.MAX_VALUE),
                            random.longs(20, 1, Long.MAX_VALUE).boxed())
                        .map(revision -> new Version(key, revision)))
            .toList();
    for (var a : versions) {
      for (var b : versions) {
        var expected = Integer.signum(a.key().compareTo(b.key()));
        if (expected == 0) {
          expected = Integer.signum(Long.compare(b.revision(), a.revision()));
        }
        var actual =
            Arrays.compareUnsigned(
                KeyLayout.version(KeyLayout.stem(a.key()), a.revision()),
                KeyLayout.version(KeyLayout.stem(b.key()), b.revision()));
        assertThat(Integer.signum(actual)).as("%s to %s", a, b).isEqualTo(expected);
      }
    }
  }

  @Test
  void aScopeHoldsTheVersionsOfItsObjectsAndNoOthers() {
    var scopes =
        Stream.concat(
                Stream.of(Scope.everything(), Scope.of("pods"), Scope.of("pod")),
                KEYS.stream()
                    .flatMap(
                        key -> Stream.of(Scope.of(key), Scope.of(key.resource(), key.namespace()))))
            .toList();
    for (var scope : scopes) {
      for (var key : KEYS) {
        for (var revision : List.of(1L, Long.MAX_VALUE)) {
          var version = KeyLayout.version(KeyLayout.stem(key), revision);
          var end = KeyLayout.end(scope);
          var within =
              Arrays.compareUnsigned(version, KeyLayout.start(scope)) >= 0
                  && (end == null || Arrays.compareUnsigned(version, end) < 0);
          assertThat(within).as("%s in %s", key, scope).isEqualTo(scope.contains(key));
        }
      }
    }
  }

  @Test
  void afterAnObjectComeItsVersionsNoMore() {
    for (var key : KEYS) {
      var stem = KeyLayout.stem(key);
      var after = KeyLayout.afterStem(stem);
      assertThat(Arrays.compareUnsigned(KeyLayout.version(stem, 0), after)).isNegative();
      for (var other : KEYS) {
        if (other.compareTo(key) > 0) {
          var version = KeyLayout.version(KeyLayout.stem(other), Long.MAX_VALUE);
          assertThat(Arrays.compareUnsigned(version, after)).isNotNegative();
        }
      }
    }
  }

  @Test
  void logEntriesAreReadBackAndTheirBytesAreThoseOfTheFormat() {
    var key = new ObjectKey("pods", "ns", "p");
    for (var entry :
        List.of(new LogEntry.Written(key, 0), new LogEntry.Removed(key, 9), new LogEntry.Gap(4))) {
      assertThat(LogEntry.decode(entry.encode())).isEqualTo(entry);
    }
    assertThat(hex(new LogEntry.Written(key, 258).encode()))
        .isEqualTo("01" + "0000000000000102" + "706f6473006e73007000");
    assertThat(hex(new LogEntry.Removed(key, 1).encode()))
        .isEqualTo("02" + "0000000000000001" + "706f6473006e73007000");
    assertThat(hex(new LogEntry.Gap(3).encode())).isEqualTo("03" + "0000000000000003");
    assertThatThrownBy(() -> LogEntry.decode(new byte[] {9, 0, 0, 0, 0, 0, 0, 0, 0}))
        .hasMessageContaining("unknown code");
    assertThatThrownBy(() -> LogEntry.decode(new byte[2])).hasMessageContaining("not a log entry");
  }

  @Test
  void versionsAreReadBackAndTheirBytesAreThoseOfTheFormat() {
    assertThat(hex(StoredVersion.encode(new byte[] {'{', '}'}))).isEqualTo("017b7d");
    assertThat(hex(StoredVersion.encode(null))).isEqualTo("00");
    assertThat(StoredVersion.document(new byte[] {1, '{', '}'})).isEqualTo(new byte[] {'{', '}'});
    assertThat(StoredVersion.document(new byte[] {0})).isNull();
    assertThatThrownBy(() -> StoredVersion.document(new byte[] {2, 1}))
        .hasMessageContaining("unknown code");
    assertThatThrownBy(() -> StoredVersion.document(new byte[0]))
        .hasMessageContaining("unknown code");
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
