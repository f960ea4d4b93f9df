package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** A small valid object of each kind, called {@code x}. */
final class Samples {

  private static final Map<ResourceType, String> DOCUMENTS =
      Map.of(
          ResourceTypes.NAMESPACE,
          "{'metadata':{'name':'x'}}",
          ResourceTypes.NODE,
          "{'metadata':{'name':'x'}}",
          ResourceTypes.POD,
          "{'metadata':{'name':'x'},'spec':{'containers':[{'name':'c','image':'host'}]}}",
          ResourceTypes.VOLUME,
          """
          {'metadata':{'name':'x'},'spec':{'capacity':{'storage':'1Gi'},
           'accessModes':['ReadWriteOnce'],'storageClassName':'fast','local':{'path':'/dev/x'},
           'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[
            {'key':'kubernetes.io/hostname','operator':'In','values':['n1']}]}]}}}}
          """,
          ResourceTypes.CLAIM,
          """
          {'metadata':{'name':'x'},'spec':{'accessModes':['ReadWriteOnce'],
           'storageClassName':'fast','resources':{'requests':{'storage':'1Gi'}}}}
          """,
          ResourceTypes.CLASS,
          "{'metadata':{'name':'x'},'provisioner':'kubernetes.io/no-provisioner'}",
          ResourceTypes.CONFIG_MAP,
          "{'metadata':{'name':'x'},'data':{'a':'b'}}",
          ResourceTypes.SECRET,
          "{'metadata':{'name':'x'},'data':{'a':'Yg=='}}",
          ResourceTypes.EVENT,
          """
          {'metadata':{'name':'x'},'involvedObject':{'kind':'Pod','namespace':'default',
           'name':'p'},'reason':'Why','message':'m','type':'Normal'}
          """,
          ResourceTypes.LEASE,
          "{'metadata':{'name':'x'},'spec':{'holderIdentity':'n1'}}");

  private Samples() {}

  static String text(ResourceType type) {
    var document = DOCUMENTS.get(type);
    if (document == null) {
      throw new IllegalArgumentException("no sample of " + type.kind());
    }
    return document;
  }

  static ObjectNode of(ResourceType type) {
    return Fixture.json(text(type));
  }
}
