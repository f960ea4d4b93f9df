package dev.berth.it.bench;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs benchmarks by name, or all of them: every class of this package that is called {@code
 * NameBench} is the benchmark {@code name}. What follows after one name are its own arguments.
 */
public final class Bench {
  private static final String SUFFIX = "Bench.class";

  private Bench() {}

  public static void main(String[] arguments) throws Exception {
    var all = all();
    if (arguments.length > 0 && arguments[0].equals("--list")) {
      all.keySet().forEach(System.out::println);
      return;
    }
    if (arguments.length == 0) {
      for (var benchmark : all.values()) {
        run(benchmark, List.of());
      }
      return;
    }
    var main = all.get(arguments[0]);
    if (main == null) {
      System.err.println(
          "there is no benchmark \"" + arguments[0] + "\"; there are " + all.keySet());
      System.exit(2);
      return;
    }
    run(main, List.of(arguments).subList(1, arguments.length));
  }

  private static SortedMap<String, Class<?>> all() throws IOException, ClassNotFoundException {
    var result = new TreeMap<String, Class<?>>();
    var here = Path.of(Bench.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    try (var files = Files.list(here.resolve(Bench.class.getPackageName().replace('.', '/')))) {
      for (var file : files.toList()) {
        var name = file.getFileName().toString();
        if (name.endsWith(SUFFIX) && name.length() > SUFFIX.length()) {
          var simple = name.substring(0, name.length() - ".class".length());
          result.put(
              name.substring(0, name.length() - SUFFIX.length()).toLowerCase(Locale.ROOT),
              Class.forName(Bench.class.getPackageName() + "." + simple));
        }
      }
    }
    return result;
  }

  private static void run(Class<?> benchmark, List<String> arguments) throws Exception {
    System.out.println("== " + benchmark.getSimpleName());
    try {
      benchmark
          .getMethod("main", String[].class)
          .invoke(null, (Object) arguments.toArray(String[]::new));
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(benchmark.getSimpleName() + " failed", e.getCause());
    }
    System.out.println();
  }
}
