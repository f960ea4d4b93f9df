package dev.berth.bin;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may use whom: the rooms of the house, as docs/architecture.md draws them. */
class RoomsTest {
  private static final String CORE = "dev.berth.core..";
  private static final String STORE = "dev.berth.store..";
  private static final String NODE = "dev.berth.node..";
  private static final String API = "dev.berth.api..";
  private static final String BIN = "dev.berth.bin..";

  private static JavaClasses classes = new ClassFileImporter().importClasses();

  @BeforeAll
  static void load() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // What is packaged for the tests of other rooms is a test too.
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.berth");
  }

  @Test
  void allRoomsAreThere() {
    for (var room : new String[] {"core", "store", "node", "api", "bin"}) {
      org.assertj.core.api.Assertions.assertThat(classes)
          .as("classes of %s on the class path of this test", room)
          .anyMatch(type -> type.getPackageName().startsWith("dev.berth." + room));
    }
  }

  @Test
  void coreKnowsNoOtherRoom() {
    check(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(STORE, NODE, API, BIN));
  }

  @Test
  void coreNeedsOnlyTheJdkJacksonAndTheLoggingInterface() {
    check(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages(
                CORE,
                "java..",
                "tools.jackson..",
                "com.fasterxml.jackson.annotation..",
                "org.slf4j..",
                "org.jspecify..",
                "com.google.errorprone.annotations.."));
  }

  @Test
  void coreHasNoThreadsAndNoFiles() {
    check(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.nio.file..", "java.net..", "java.nio.channels.."));
  }

  @Test
  void storeNodeAndApiDoNotKnowEachOther() {
    check(
        noClasses()
            .that()
            .resideInAPackage(STORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(NODE, API, BIN));
    check(
        noClasses()
            .that()
            .resideInAPackage(NODE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(STORE, API, BIN));
    check(
        noClasses()
            .that()
            .resideInAPackage(API)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(STORE, NODE, BIN));
  }

  @Test
  void nativeCallsAreMadeInOneRoomOnly() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.berth.node.linux..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jnr.."));
  }

  @Test
  void childProcessesAreStartedInOneRoomOfTheServer() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(CORE, STORE, API, NODE)
            .and()
            .resideOutsideOfPackage("dev.berth.node.linux..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(ProcessBuilder.class));
  }

  @Test
  void onlyTheStoreKnowsItsEngineAndOnlyTheWireItsNetwork() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(STORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.rocksdb.."));
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(API)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty..", "org.bouncycastle.."));
  }

  @Test
  void remoteProceduresBelongToDriversAndRuntimes() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("dev.berth.node.csi..", "dev.berth.node.cri..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "com.google.protobuf.."));
  }

  @Test
  void theClientDoesNotLoadTheServer() {
    check(
        noClasses()
            .that()
            .resideInAPackage("dev.berth.bin.client..")
            .should()
            .dependOnClassesThat(
                // The one reader of manifests, so that both understand them alike.
                resideInAPackage(API).and(resideOutsideOfPackage("dev.berth.api.document")))
            .orShould()
            .dependOnClassesThat()
            .resideInAnyPackage(
                STORE,
                NODE,
                "dev.berth.bin.observe..",
                "dev.berth.bin.config..",
                "org.slf4j..",
                "ch.qos.logback..",
                "java.net.http.."));
  }

  private static void check(ArchRule rule) {
    // Some rooms begin empty; that all are there is a test of its own.
    rule.allowEmptyShould(true).check(classes);
  }
}
