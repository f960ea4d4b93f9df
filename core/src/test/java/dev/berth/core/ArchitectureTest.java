package dev.berth.core;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.RandomAccessFile;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.Timer;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which room of core may know which, and what none of them may do: decide by anything but what they
 * are handed.
 */
class ArchitectureTest {

  private static final String CORE = "dev.berth.core";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(CORE);

  /** Each package, and the packages of core that it may use. The root wires and may use all. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("storage", Set.of()),
          Map.entry("observe", Set.of()),
          Map.entry("node", Set.of()),
          Map.entry("model", Set.of()),
          Map.entry("model.schema", Set.of("model")),
          Map.entry("registry.patch", Set.of("model", "model.schema")),
          Map.entry("registry.select", Set.of("model", "storage")),
          Map.entry("registry.rules", Set.of("model", "model.schema", "registry.select")),
          Map.entry(
              "registry",
              Set.of(
                  "model",
                  "model.schema",
                  "observe",
                  "storage",
                  "registry.patch",
                  "registry.select",
                  "registry.rules")),
          Map.entry("control", Set.of("model", "observe", "storage", "registry")),
          Map.entry("provision", Set.of("model", "storage", "control")),
          Map.entry("binding", Set.of("model", "storage", "control", "provision")),
          Map.entry("schedule", Set.of("model", "storage", "control", "binding", "provision")),
          Map.entry("explain", Set.of("model", "storage", "control", "binding", "schedule")),
          Map.entry("lifecycle", Set.of("model", "storage", "control", "binding", "provision")));

  static Set<String> packages() {
    var packages = new TreeSet<String>();
    for (var type : CLASSES) {
      if (!type.getPackageName().equals(CORE)) {
        packages.add(type.getPackageName().substring(CORE.length() + 1));
      }
    }
    return packages;
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aPackageUsesOnlyWhatItMay(String name) {
    assertThat(MAY_USE).as("packages and what they may use: write them down").containsKey(name);
    var allowed = MAY_USE.getOrDefault(name, Set.of());
    noClasses()
        .that()
        .resideInAPackage(CORE + "." + name)
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "in packages of core other than " + allowed,
                (JavaClass type) ->
                    (type.getPackageName() + ".").startsWith(CORE + ".")
                        && !type.getPackageName().equals(CORE + "." + name)
                        && !isAllowed(type, allowed)))
        .check(CLASSES);
  }

  private static boolean isAllowed(JavaClass type, Set<String> allowed) {
    return !type.getPackageName().equals(CORE)
        && allowed.contains(type.getPackageName().substring(CORE.length() + 1));
  }

  @Test
  void noPackagesDependOnEachOther() {
    slices().matching(CORE + ".(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void coreKnowsTheJdkJsonLoggingAndNullnessOnly() {
    classes()
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage(CORE + "..")
                .or(resideInAPackage("java.."))
                .or(resideInAPackage("tools.jackson.."))
                .or(resideInAPackage("com.fasterxml.jackson.annotation.."))
                .or(resideInAPackage("org.slf4j.."))
                .or(resideInAPackage("org.jspecify.annotations.."))
                .or(resideInAPackage("com.google.errorprone.annotations.."))
                .or(DescribedPredicate.describe("primitive", JavaClass::isPrimitive))
                .or(DescribedPredicate.describe("array", JavaClass::isArray)))
        .check(CLASSES);
  }

  @Test
  void coreTouchesNoFileNoSocketAndNoProcess() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.nio.file..", "java.nio.channels..", "java.net..", "sun..", "jdk..")
        .check(CLASSES);
    noClasses()
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "that open files, start processes or load code",
                (JavaClass type) ->
                    type.getName().startsWith("java.io.File")
                        || type.getName().startsWith("java.lang.Process")
                        || type.isEquivalentTo(RandomAccessFile.class)
                        || type.isEquivalentTo(Runtime.class)))
        .check(CLASSES);
    // The ports of containers hand streams through; everything else has no use for them.
    noClasses()
        .that()
        .resideOutsideOfPackage(CORE + ".node")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.io..")
        .check(CLASSES);
  }

  @Test
  void coreHasNoThreadsOfItsOwn() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(Executors.class, ForkJoinPool.class, Timer.class)
        .check(CLASSES);
    noCalls(
        "that make or hold up threads",
        call ->
            call.getTargetOwner().isAssignableTo(Thread.class)
                && !Set.of("currentThread", "interrupt").contains(call.getName()));
    noCalls(
        "that run on a pool of nobody's",
        call ->
            call.getTargetOwner().isEquivalentTo(CompletableFuture.class)
                && call.getName().endsWith("Async")
                && call.getTarget().getParameterTypes().size() < 2);
  }

  @Test
  void coreIsToldTheTime() {
    noCalls(
        "that ask a clock of their own",
        call ->
            (call.getName().equals("now")
                    && call.getTargetOwner().getName().startsWith("java.time"))
                || (call.getTargetOwner().isEquivalentTo(System.class)
                    && Set.of("currentTimeMillis", "nanoTime").contains(call.getName()))
                || (call.getTargetOwner().getName().equals("java.time.Clock")
                    && call.getName().startsWith("system"))
                || (call.getTargetOwner().getName().equals("java.time.InstantSource")
                    && call.getName().equals("system")));
  }

  @Test
  void coreIsHandedItsRandomness() {
    noCalls(
        "that draw random numbers of their own",
        call ->
            (call.getTargetOwner().isEquivalentTo(Random.class)
                    && call.getName().equals("<init>")
                    && call.getTarget().getParameterTypes().isEmpty())
                || call.getTargetOwner().getName().equals("java.util.random.RandomGeneratorFactory")
                || call.getTargetOwner().isEquivalentTo(ThreadLocalRandom.class)
                || call.getTargetOwner().isAssignableTo(SecureRandom.class)
                || (call.getTargetOwner().isEquivalentTo(Math.class)
                    && call.getName().equals("random"))
                || (call.getTargetOwner().isEquivalentTo(UUID.class)
                    && call.getName().equals("randomUUID")));
  }

  private static void noCalls(String description, Predicate<JavaCodeUnitAccess<?>> forbidden) {
    noClasses()
        .should()
        .accessTargetWhere(
            DescribedPredicate.describe(
                description,
                access -> access instanceof JavaCodeUnitAccess<?> call && forbidden.test(call)))
        .check(CLASSES);
  }
}
