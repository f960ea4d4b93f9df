package dev.berth.bin.observe;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.Layout;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.berth.bin.config.ServerConfig.Log;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/**
 * The log: standard error, in text or JSON, set up by code because reading a file for it would
 * delay every start. Found by Logback as a service; what comes before {@link #configure} is written
 * as text.
 */
public final class Logging extends ContextAwareBase implements Configurator {

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    apply(context, new Log(Log.Format.TEXT, Log.Level.INFO));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Sets the form and the lowest level of everything that is logged from now on. */
  public static void configure(Log log) {
    apply((LoggerContext) LoggerFactory.getILoggerFactory(), log);
  }

  private static void apply(LoggerContext context, Log log) {
    Layout<ILoggingEvent> layout =
        switch (log.format()) {
          case TEXT -> new TextLayout();
          case JSON -> new JsonLayout();
        };
    layout.setContext(context);
    layout.start();
    var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(appender);
    root.setLevel(Level.valueOf(log.level().name()));
    // Libraries speak of what concerns only themselves below this.
    var ours = log.level() == Log.Level.DEBUG ? Level.INFO : Level.WARN;
    for (var library : new String[] {"io.netty", "org.bouncycastle", "io.prometheus"}) {
      context.getLogger(library).setLevel(ours);
    }
  }

  /** The name of a level as both forms write it. */
  static String levelName(ILoggingEvent event) {
    return event.getLevel().toString().toLowerCase(Locale.ROOT);
  }
}
