package dev.berth.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {

  @Test
  void segmentsAreDecodedOneByOne() {
    var target = Target.parse("/api/v1/namespaces/a%2Fb/pods/x+y%20z/");
    assertThat(target.segments())
        .containsExactly("api", "v1", "namespaces", "a/b", "pods", "x+y z");
  }

  @Test
  void theQueryIsDecoded() {
    var target = Target.parse("/p?command=sh&command=-c&a=x+%2By&b&c=&%C3%A4=%E2%82%AC");
    assertThat(target.values("command")).containsExactly("sh", "-c");
    assertThat(target.parameter("a")).isEqualTo("x +y");
    assertThat(target.parameter("b")).isEmpty();
    assertThat(target.parameter("ä")).isEqualTo("€");
    assertThat(target.parameter("none")).isNull();
  }

  @Test
  void flagsAreOnUnlessTheySayNo() {
    var target = Target.parse("/p?a=true&b=1&c&d=false&e=0&f=False");
    assertThat(List.of("a", "b", "c")).allMatch(target::flag);
    assertThat(List.of("d", "e", "f", "g")).noneMatch(target::flag);
  }

  @Test
  void theRootHasNoSegments() {
    assertThat(Target.parse("/").segments()).isEmpty();
    assertThat(Target.parse("http://host").segments()).isEmpty();
    assertThat(Target.parse("/a//b").segments()).containsExactly("a", "", "b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "*", "/%", "/%4", "/%zz", "/%ff", "/%00", "/p?x=%"})
  void whatCannotBeDecodedIsRefused(String uri) {
    assertThatIllegalArgumentException().isThrownBy(() -> Target.parse(uri));
  }
}
