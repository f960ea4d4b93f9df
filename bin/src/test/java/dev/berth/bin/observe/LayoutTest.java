package dev.berth.bin.observe;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.berth.core.model.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LayoutTest {

  @Test
  void textIsOneLineWithTimeLevelAndSource() {
    assertThat(new TextLayout().doLayout(event("mounted {}", null, "\"pv\"")))
        .matches("\\S+Z WARN  Volumes \\[\\w+] mounted \"pv\"\n");
  }

  @Test
  void anErrorFollowsItsLine() {
    assertThat(new TextLayout().doLayout(event("failed", new IllegalStateException("why"))))
        .contains("failed\njava.lang.IllegalStateException: why");
  }

  @Test
  void jsonIsOneObjectALine() {
    var line = new JsonLayout().doLayout(event("a \"b\"\n{}", new IllegalStateException("why"), 3));
    assertThat(line).endsWith("}\n");
    assertThat(line.strip()).doesNotContain("\n");
    var parsed = Json.parseObject(line.getBytes(StandardCharsets.UTF_8));
    assertThat(parsed.path("message").asString()).isEqualTo("a \"b\"\n3");
    assertThat(parsed.path("level").asString()).isEqualTo("warn");
    assertThat(parsed.path("logger").asString()).isEqualTo("dev.berth.Volumes");
    assertThat(parsed.path("error").asString()).contains("IllegalStateException: why");
    assertThat(parsed.path("time").asString()).endsWith("Z");
  }

  @Test
  void logbackIsSetUpByUs() {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    assertThat(root.getAppender("stderr")).isNotNull();
    assertThat(root.getLevel()).isEqualTo(Level.INFO);
  }

  private static LoggingEvent event(
      String message, @org.jspecify.annotations.Nullable Throwable error, Object... arguments) {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    return new LoggingEvent(
        "", context.getLogger("dev.berth.Volumes"), Level.WARN, message, error, arguments);
  }
}
