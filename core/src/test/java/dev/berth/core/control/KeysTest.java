package dev.berth.core.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import org.junit.jupiter.api.Test;

/** How objects are called that the system makes by itself. */
class KeysTest {

  private static String report(String node, String className) {
    return Keys.capacity(node, className).name();
  }

  @Test
  void aReportOfFreeSpaceIsNamedForPeople() {
    assertThat(report("node-1", "loop")).isEqualTo("loop.node-1");
    assertThat(report("node-1.example.com", "loop")).isEqualTo("loop.node-1.example.com");
  }

  @Test
  void noTwoPairsOfClassAndNodeHaveTheSameReport() {
    var parts = new String[] {"x", "a", "b", "x.a", "a.b", "b.x", "x.a.b", "a.b.x"};
    var pairs = new HashMap<String, String>();
    for (var node : parts) {
      for (var type : parts) {
        assertThat(pairs.put(report(node, type), type + " on " + node)).isNull();
      }
    }
  }

  @Test
  void aReportCanBeMadeHoweverLongTheNamesAre() {
    var name = "n".repeat(253);
    assertThat(report(name, name)).hasSizeLessThanOrEqualTo(253);
    assertThat(report(name, "c")).isNotEqualTo(report(name, "d"));
  }
}
