package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.causes;
import static dev.berth.core.registry.Fixture.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.InMemoryObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists: selectors, pages, and at which version. */
class ListTest {

  private final Fixture fixture = new Fixture();

  private static ListOptions selecting(@Nullable String labels, @Nullable String fields) {
    return new ListOptions(labels, fields, 0, null, null, null);
  }

  private void pods() {
    pod("a", "'labels':{'app':'db','tier':'1'}", "'nodeName':'n1'");
    pod("b", "'labels':{'app':'db','tier':'2'}", "'restartPolicy':'Never'");
    pod("c", "'labels':{'app':'web','size':'30'}", "'nodeName':'n2','hostNetwork':true");
    pod("d", "'annotations':{}", "'nodeName':'n1','schedulerName':'mine'");
    fixture.merge(ResourceTypes.POD, "a", Resources.STATUS, "{'status':{'phase':'Running'}}");
  }

  private void pod(String name, String metadata, String spec) {
    fixture.create(
        ResourceTypes.POD,
        "{'metadata':{'name':'%s',%s},'spec':{'containers':[{'name':'c','image':'host'}],%s}}"
            .formatted(name, metadata, spec));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // labels
        "app=db | - | a b",
        "app==db,tier!=1 | - | b",
        "app!=db | - | c d",
        "app in (db, web) | - | a b c",
        "app notin (db) | - | c d",
        "app | - | a b c",
        "!app | - | d",
        "size>29 | - | c",
        "size<30 | - | ''",
        "app=,tier | - | ''",
        " app = db , tier | - | a b",
        "'' | - | a b c d",
        // fields
        "- | metadata.name=a | a",
        "- | metadata.name!=a | b c d",
        "- | metadata.namespace=default | a b c d",
        "- | metadata.namespace=other | ''",
        "- | spec.nodeName=n1 | a d",
        "- | spec.nodeName= | b",
        "- | spec.nodeName!= | a c d",
        "- | status.phase=Running | a",
        "- | status.phase!=Running,spec.nodeName=n1 | d",
        "- | spec.restartPolicy=Never | b",
        "- | spec.schedulerName=mine | d",
        "- | spec.hostNetwork=false | a b d",
        "- | '' | a b c d",
        // both
        "app=db | spec.nodeName=n1 | a",
      })
  void selectors(@Nullable String labels, @Nullable String fields, String names) {
    pods();
    assertThat(String.join(" ", fixture.names(ResourceTypes.POD, selecting(labels, fields))))
        .isEqualTo(names);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "a in | - | unable to parse label selector \"a in\": expected '(' and values, found its end",
        "a in (b | - | unable to parse label selector \"a in (b\": expected ',' or ')', found its end",
        "a b | - | expected =, ==, !=, in, notin, > or <, found 'b'",
        "a=b, | - | expected ',' and another requirement, found its end",
        ",a | - | expected the name of a label, found ','",
        "a=b c | - | expected ',' and another requirement, found 'c'",
        "a>x | - | expected a whole number, found 'x'",
        "a=-b- | - | expected the value of a label, found '-b-'",
        "- | spec.nodeName | invalid field selector \"spec.nodeName\": 'spec.nodeName' has none of",
        "- | status.x=1 | field label not supported: status.x",
        "- | metadata.name=a\\b | a backslash in a value needs",
        "- | metadata.name=a=b | an equals sign in a value needs a backslash before it",
      })
  void selectorsThatCannotBeUnderstood(
      @Nullable String labels, @Nullable String fields, String message) {
    var status = rejected(() -> fixture.names(ResourceTypes.POD, selecting(labels, fields)));
    assertThat(status.code()).isEqualTo(400);
    assertThat(status.message()).contains(message);
  }

  @Test
  void fieldsByWhichAKindCanBeSelected() {
    var status = rejected(() -> fixture.names(ResourceTypes.VOLUME, selecting(null, "spec.x=1")));
    assertThat(status.message())
        .isEqualTo(
            "\"spec.x\" is not a known field selector: only \"metadata.name\","
                + " \"metadata.namespace\"");
    fixture.create(ResourceTypes.NODE, "{'metadata':{'name':'a'},'spec':{'unschedulable':true}}");
    fixture.create(ResourceTypes.NODE, "{'metadata':{'name':'b'}}");
    assertThat(fixture.names(ResourceTypes.NODE, selecting(null, "spec.unschedulable=false")))
        .containsExactly("b");
    fixture.create(ResourceTypes.EVENT, Samples.text(ResourceTypes.EVENT));
    assertThat(
            fixture.names(
                ResourceTypes.EVENT,
                selecting(
                    null,
                    "involvedObject.kind=Pod,involvedObject.name=p,involvedObject.namespace=default"
                        + ",reason=Why,type=Normal,source=")))
        .containsExactly("x");
    assertThat(
            fixture.names(
                ResourceTypes.NAMESPACE,
                selecting(null, "status.phase=Active,metadata.name=default")))
        .containsExactly("default");
  }

  @Test
  void pagesOfASelectionEndWhereTheSelectionEnds() {
    for (var i = 0; i < 20; i++) {
      fixture.create(
          ResourceTypes.LEASE,
          "{'metadata':{'name':'l%02d','labels':{'odd':'%s'}}}".formatted(i, i % 2 == 1));
    }
    var names = new ArrayList<String>();
    var token = "";
    var pages = 0;
    do {
      var page =
          fixture.registry.list(
              ResourceTypes.LEASE,
              "default",
              new ListOptions("odd=true", null, 3, token, null, null));
      assertThat(page.remaining()).isNull();
      names.addAll(Fixture.names(page));
      token = page.continueToken();
      pages++;
    } while (token != null);
    assertThat(names)
        .containsExactly("l01", "l03", "l05", "l07", "l09", "l11", "l13", "l15", "l17", "l19");
    assertThat(pages).isEqualTo(4);
  }

  @Test
  void tokensAreForTheListThatTheyCameFrom() {
    fixture.create(ResourceTypes.LEASE, "{'metadata':{'name':'a'}}");
    fixture.create(ResourceTypes.LEASE, "{'metadata':{'name':'b'}}");
    var first =
        fixture.registry.list(
            ResourceTypes.LEASE, "default", new ListOptions(null, null, 1, null, null, null));
    var token = Objects.requireNonNull(first.continueToken());
    for (var wrong : List.of("nonsense", "%%%", "e30", token.substring(3))) {
      var status =
          rejected(
              () ->
                  fixture.names(
                      ResourceTypes.LEASE, new ListOptions(null, null, 1, wrong, null, null)));
      assertThat(status.code()).isEqualTo(400);
      assertThat(status.message()).startsWith("continue key is not valid: '" + wrong + "'");
    }
    var options = new ListOptions(null, null, 1, token, null, null);
    assertThat(
            rejected(() -> fixture.registry.list(ResourceTypes.LEASE, "kube-system", options))
                .code())
        .isEqualTo(400);
    assertThat(
            rejected(
                    () ->
                        fixture.names(
                            ResourceTypes.LEASE, new ListOptions(null, null, 1, token, "7", null)))
                .message())
        .isEqualTo("specifying resource version is not allowed when using continue");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // version | match | limit | what comes: names, or a code
        "- | - | 0 | new old",
        "0 | - | 0 | new old",
        "V | - | 0 | new old",
        "V | NotOlderThan | 0 | new old",
        "V | NotOlderThan | 5 | new old",
        "V | - | 5 | old",
        "V | Exact | 0 | old",
        "9999 | - | 0 | 504",
        "9999 | Exact | 0 | 504",
        "9999 | NotOlderThan | 5 | 504",
        "x | - | 0 | 400",
        "-1 | - | 0 | 400",
        "- | Exact | 0 | 422",
        "0 | Exact | 0 | 422",
        "V | Sometimes | 0 | 422",
      })
  void versions(@Nullable String version, @Nullable String match, int limit, String expected) {
    var old = fixture.create(ResourceTypes.LEASE, "{'metadata':{'name':'old'}}").object();
    fixture.create(ResourceTypes.LEASE, "{'metadata':{'name':'new'}}");
    var asked = "V".equals(version) ? Long.toString(old.revision()) : version;
    var options = new ListOptions(null, null, limit, null, asked, match);
    if (expected.matches("\\d+")) {
      var status = rejected(() -> fixture.names(ResourceTypes.LEASE, options));
      assertThat(status.code()).isEqualTo(Integer.parseInt(expected));
      if (status.code() == 504) {
        assertThat(status.reason()).isEqualTo("Timeout");
        assertThat(status.message()).startsWith("Too large resource version: 9999, current: ");
        assertThat(causes(status)).containsExactly(": ResourceVersionTooLarge");
      }
    } else {
      assertThat(String.join(" ", fixture.names(ResourceTypes.LEASE, options))).isEqualTo(expected);
    }
  }

  @Test
  void aListWhoseSnapshotIsGoneIsExpired() {
    var store = new InMemoryObjectStore();
    var compacted = new Fixture(store);
    for (var name : List.of("a", "b", "c")) {
      compacted.create(ResourceTypes.LEASE, "{'metadata':{'name':'" + name + "'}}");
    }
    var first =
        compacted.registry.list(
            ResourceTypes.LEASE, "default", new ListOptions(null, null, 1, null, null, null));
    compacted.delete(ResourceTypes.LEASE, "c");
    store.compact(store.revision());
    var status =
        rejected(
            () ->
                compacted.names(
                    ResourceTypes.LEASE,
                    new ListOptions(null, null, 1, first.continueToken(), null, null)));
    assertThat(status.code()).isEqualTo(410);
    assertThat(status.reason()).isEqualTo("Expired");
    assertThat(
            rejected(
                    () ->
                        compacted.names(
                            ResourceTypes.LEASE,
                            new ListOptions(null, null, 0, null, "1", "Exact")))
                .code())
        .isEqualTo(410);
  }
}
