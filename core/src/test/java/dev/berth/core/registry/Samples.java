package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** A small valid object of each kind, called {@code x}. */
final class Samples {

  private static final Map<ResourceType, String> DOCUMENTS =
      Map.ofEntries(
          Map.entry(ResourceTypes.NAMESPACE, "{'metadata':{'name':'x'}}"),
          Map.entry(ResourceTypes.NODE, "{'metadata':{'name':'x'}}"),
          Map.entry(
              ResourceTypes.POD,
              "{'metadata':{'name':'x'},'spec':{'containers':[{'name':'c','image':'host'}]}}"),
          Map.entry(
              ResourceTypes.VOLUME,
              """
              {'metadata':{'name':'x'},'spec':{'capacity':{'storage':'1Gi'},
               'accessModes':['ReadWriteOnce'],'storageClassName':'fast','local':{'path':'/dev/x'},
               'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[
                {'key':'kubernetes.io/hostname','operator':'In','values':['n1']}]}]}}}}
              """),
          Map.entry(
              ResourceTypes.CLAIM,
              """
              {'metadata':{'name':'x'},'spec':{'accessModes':['ReadWriteOnce'],
               'storageClassName':'fast','resources':{'requests':{'storage':'1Gi'}}}}
              """),
          Map.entry(
              ResourceTypes.CLASS,
              "{'metadata':{'name':'x'},'provisioner':'kubernetes.io/no-provisioner'}"),
          Map.entry(ResourceTypes.CONFIG_MAP, "{'metadata':{'name':'x'},'data':{'a':'b'}}"),
          Map.entry(ResourceTypes.SECRET, "{'metadata':{'name':'x'},'data':{'a':'Yg=='}}"),
          Map.entry(
              ResourceTypes.EVENT,
              """
              {'metadata':{'name':'x'},'involvedObject':{'kind':'Pod','namespace':'default',
               'name':'p'},'reason':'Why','message':'m','type':'Normal'}
              """),
          Map.entry(
              ResourceTypes.LEASE, "{'metadata':{'name':'x'},'spec':{'holderIdentity':'n1'}}"),
          Map.entry(ResourceTypes.PRIORITY_CLASS, "{'metadata':{'name':'x'},'value':10}"),
          Map.entry(
              ResourceTypes.CSI_NODE,
              "{'metadata':{'name':'x'},'spec':{'drivers':[{'name':'d.x','nodeID':'n'}]}}"),
          Map.entry(
              ResourceTypes.STORAGE_CAPACITY,
              "{'metadata':{'name':'x'},'storageClassName':'fast','capacity':'1Gi'}"),
          Map.entry(
              ResourceTypes.ATTRIBUTES_CLASS,
              "{'metadata':{'name':'x'},'driverName':'d.x','parameters':{'a':'b'}}"));

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
