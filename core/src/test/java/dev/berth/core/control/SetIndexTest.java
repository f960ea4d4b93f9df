package dev.berth.core.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Whatever is added and removed, in whatever order. */
class SetIndexTest {

  @Test
  void itHoldsWhatSetsOfEachKeyWouldHold() {
    for (var seed = 0; seed < 200; seed++) {
      var random = new SplittableRandom(seed);
      var index = new SetIndex<Integer, String>();
      var expected = new HashMap<Integer, TreeSet<String>>();
      for (var step = 0; step < 100; step++) {
        var key = random.nextInt(3);
        var value = "v" + random.nextInt(4);
        if (random.nextBoolean()) {
          index.add(key, value);
          expected.computeIfAbsent(key, absent -> new TreeSet<>()).add(value);
        } else {
          index.remove(key, value);
          expected.getOrDefault(key, new TreeSet<>()).remove(value);
        }
        for (var each = 0; each < 3; each++) {
          assertThat(index.get(each))
              .as("seed %d, step %d", seed, step)
              .containsExactlyElementsOf(expected.getOrDefault(each, new TreeSet<>()));
        }
        assertThat(index.all()).noneMatch(Set::isEmpty);
      }
    }
  }
}
