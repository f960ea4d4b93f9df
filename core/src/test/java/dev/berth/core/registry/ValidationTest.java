package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.rejected;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.patch.MergePatch;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is wrong with objects, as a table: a kind, what makes a valid sample of it invalid, and all
 * that the answer says. Three dots stand for anything.
 */
class ValidationTest {

  private final Fixture fixture = new Fixture();

  private static final String TABLE =
      """
      # Names and other metadata of all kinds
      Lease | {'metadata':{'name':null}}        | metadata.name: Required value: name or generateName is required
      Lease | {'metadata':{'name':'A'}}         | metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
      Lease | {'metadata':{'name':'a..b'}}      | metadata.name: Invalid value: "a..b": a lowercase RFC 1123 subdomain...
      Namespace | {'metadata':{'name':'a.b'}}   | metadata.name: Invalid value: "a.b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
      Lease | {'metadata':{'labels':{'a b':'c'}}} | metadata.labels: Invalid value: "a b": name part must consist of...
      Lease | {'metadata':{'labels':{'x/y/z':'c'}}} | metadata.labels: Invalid value: "x/y/z": a qualified name must consist of...
      Lease | {'metadata':{'labels':{'a':'c d'}}} | metadata.labels: Invalid value: "c d": a valid label must be an empty string or...
      Lease | {'metadata':{'annotations':{'a b':'c'}}} | metadata.annotations: Invalid value: "a b": name part...
      Lease | {'metadata':{'finalizers':['nope']}} | metadata.finalizers[0]: Invalid value: "nope": name is neither a standard finalizer name nor is it fully qualified
      Lease | {'metadata':{'finalizers':['orphan','foregroundDeletion']}} | metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set
      Lease | {'metadata':{'ownerReferences':[{'apiVersion':'v1','kind':'Pod','name':'p'}]}} | metadata.ownerReferences[0].uid: Invalid value: "": uid must not be empty
      Lease | {'metadata':{'ownerReferences':[{'apiVersion':'v1','kind':'A','name':'x','uid':'1','controller':true},{'apiVersion':'v1','kind':'B','name':'y','uid':'2','controller':true}]}} | metadata.ownerReferences: Invalid value: ...: Only one reference can have Controller set to true. Found "true" in references for A/x and B/y

      # Claims
      PersistentVolumeClaim | {'spec':{'accessModes':[]}}      | spec.accessModes: Required value: at least 1 access mode is required
      PersistentVolumeClaim | {'spec':{'accessModes':['RWO']}} | spec.accessModes: Unsupported value: "RWO": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"
      PersistentVolumeClaim | {'spec':{'accessModes':['ReadWriteOncePod','ReadWriteOnce']}} | spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes
      PersistentVolumeClaim | {'spec':{'resources':null}}      | spec.resources[storage]: Required value
      PersistentVolumeClaim | {'spec':{'resources':{'requests':{'storage':'0'}}}}   | spec.resources[storage]: Invalid value: "0": must be greater than zero
      PersistentVolumeClaim | {'spec':{'resources':{'requests':{'storage':'-1Gi'}}}} | spec.resources[storage]: Invalid value: "-1Gi": must be greater than zero
      PersistentVolumeClaim | {'spec':{'volumeMode':'Raw'}}    | spec.volumeMode: Unsupported value: "Raw": supported values: "Block", "Filesystem"
      PersistentVolumeClaim | {'spec':{'storageClassName':'A_B'}} | spec.storageClassName: Invalid value: "A_B": a lowercase RFC 1123 subdomain...
      PersistentVolumeClaim | {'spec':{'selector':{'matchExpressions':[{'key':'a','operator':'In'}]}}} | spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'
      PersistentVolumeClaim | {'spec':{'selector':{'matchExpressions':[{'key':'a','operator':'Exists','values':['b']}]}}} | spec.selector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'
      PersistentVolumeClaim | {'spec':{'selector':{'matchExpressions':[{'key':'a','operator':'Gt','values':['1']}]}}} | spec.selector.matchExpressions[0].operator: Invalid value: "Gt": not a valid selector operator
      PersistentVolumeClaim | {'spec':null} | [spec.accessModes: Required value: at least 1 access mode is required, spec.resources[storage]: Required value]

      # Volumes
      PersistentVolume | {'spec':{'capacity':null}}            | spec.capacity: Required value
      PersistentVolume | {'spec':{'capacity':{'storage':'0'}}} | spec.capacity[storage]: Invalid value: "0": must be greater than zero
      PersistentVolume | {'spec':{'capacity':{'cpu':'1'}}}     | spec.capacity: Unsupported value: {"storage":"1Gi","cpu":"1"}: supported values: "storage"
      PersistentVolume | {'spec':{'accessModes':null}}         | spec.accessModes: Required value
      PersistentVolume | {'spec':{'persistentVolumeReclaimPolicy':'Burn'}} | spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"
      PersistentVolume | {'spec':{'local':null}}               | spec: Required value: must specify a volume type
      PersistentVolume | {'spec':{'hostPath':{'path':'/x'}}}   | spec.local: Forbidden: may not specify more than 1 volume type
      PersistentVolume | {'spec':{'local':{'path':''}}}        | spec.local.path: Required value
      PersistentVolume | {'spec':{'local':null,'csi':{'driver':'loop.berth.dev','volumeHandle':'a/b'}}} | spec.csi.volumeHandle: Invalid value: "a/b": a lowercase RFC 1123 subdomain...
      PersistentVolume | {'spec':{'local':null,'nodeAffinity':null,'csi':{'driver':'loop.berth.dev','volumeHandle':'a'}}} | spec.nodeAffinity: Required value: the image of a loop volume lies on one node
      PersistentVolume | {'spec':{'mountOptions':['X-mount.mkdir']}} | spec.mountOptions[0]: Invalid value: "X-mount.mkdir": must say how the file system behaves: with x-mount.mkdir something else would be mounted, or elsewhere
      PersistentVolume | {'spec':{'mountOptions':['noatime,logdev=/dev/sdb']}} | spec.mountOptions[0]: Invalid value: "noatime,logdev=/dev/sdb": must say how the file system behaves: logdev names another device than the volume's
      PersistentVolume | {'spec':{'local':{'path':'x'}}}       | spec.local.path: Invalid value: "x": must be an absolute path
      PersistentVolume | {'spec':{'local':{'path':'/a/../b'}}} | spec.local.path: Invalid value: "/a/../b": must not contain '..'
      PersistentVolume | {'spec':{'nodeAffinity':null}}        | spec.nodeAffinity: Required value: Local volume requires node affinity
      PersistentVolume | {'spec':{'nodeAffinity':{'required':null}}} | spec.nodeAffinity.required: Required value: must specify required node constraints
      PersistentVolume | {'spec':{'nodeAffinity':{'required':{'nodeSelectorTerms':[]}}}} | spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term
      PersistentVolume | {'spec':{'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchFields':[{'key':'a','operator':'In','values':['x']}]}]}}}} | spec.nodeAffinity.required.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "a": not a valid field selector key
      PersistentVolume | {'spec':{'local':null,'hostPath':{'path':'/','type':'Dir'}}} | spec.hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"
      PersistentVolume | {'spec':{'local':null,'persistentVolumeReclaimPolicy':'Recycle','hostPath':{'path':'/'}}} | spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'
      PersistentVolume | {'spec':{'local':null,'csi':{'driver':'d.x'}}} | spec.csi.volumeHandle: Required value
      PersistentVolume | {'spec':{'local':null,'nfs':{'path':'/x'}}} | spec.nfs.server: Required value

      # Classes
      StorageClass | {'provisioner':null}              | provisioner: Required value
      StorageClass | {'provisioner':'a b'}             | provisioner: Invalid value: "a b": name part...
      StorageClass | {'provisioner':'berth.dev/disk'}  | provisioner: Invalid value: "berth.dev/disk": Berth has no such provisioner: it makes images in pools of nodes (loop.berth.dev); for disks use kubernetes.io/no-provisioner and create a PersistentVolume for each (berth disks shows them)
      StorageClass | {'provisioner':'lop.berth.dev'}   | provisioner: Invalid value: "lop.berth.dev": Berth has no such provisioner: it...
      StorageClass | {'metadata':{'annotations':{'berth.dev/keep-deleted-for':'soon'}}} | metadata.annotations[berth.dev/keep-deleted-for]: Invalid value: "soon": must be a duration of at most ten years in days, hours, minutes and seconds, such as 30m, 24h, 7d or 1d12h; 0 keeps nothing
      PersistentVolume | {'metadata':{'annotations':{'berth.dev/keep-deleted-for':'soon'}}} | metadata.annotations[berth.dev/keep-deleted-for]: Invalid value: "soon": must be a duration...
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/keep-deleted-for':'soon'}}} | metadata.annotations[berth.dev/keep-deleted-for]: Invalid value: "soon": must be a duration...
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/volume-group':'g'}}} | metadata.annotations[berth.dev/volume-group-size]: Required value: how many claims the volume group has
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/volume-group-size':'2'}}} | metadata.annotations[berth.dev/volume-group]: Required value: which volume group the claim is of
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/volume-group':'','berth.dev/volume-group-size':'2'}}} | metadata.annotations[berth.dev/volume-group]: Required value: which volume group the claim is of
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/volume-group':'g','berth.dev/volume-group-size':'32'}}} | metadata.annotations[berth.dev/volume-group-size]: Invalid value: "32": must be the number of the group's claims, from 1 to 31
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/volume-spread':''}}} | metadata.annotations[berth.dev/volume-spread]: Required value: which claims have to be apart by that label of nodes
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/volume-spread-topology':'rack'}}} | metadata.annotations[berth.dev/volume-spread]: Required value: which claims have to be apart by that label of nodes
      PersistentVolumeClaim | {'metadata':{'annotations':{'berth.dev/volume-spread':'db','berth.dev/volume-spread-topology':'my rack'}}} | metadata.annotations[berth.dev/volume-spread-topology]: Invalid value: "my rack": name part...
      StorageClass | {'parameters':{'berth.dev/wipe':'shred'}} | parameters[berth.dev/wipe]: Unsupported value: "shred": supported values: "discard", "none", "overwrite", "signatures", "zero"
      PersistentVolume | {'metadata':{'annotations':{'berth.dev/wipe-method':''}}} | metadata.annotations[berth.dev/wipe-method]: Unsupported value: "": supported values: "discard", "none", "overwrite", "signatures", "zero"
      PersistentVolume | {'metadata':{'annotations':{'berth.dev/cordoned':'False'}}} | metadata.annotations[berth.dev/cordoned]: Unsupported value: "False": supported values: "false", "true", "wipe"
      StorageClass | {'parameters':{'berth.dev/wype':'zero'}} | parameters[berth.dev/wype]: Invalid value: "zero": is not known; there are berth.dev/wipe, and how file systems are made (berth.dev/ext4-inode-size and others)
      StorageClass | {'provisioner':'loop.berth.dev','parameters':{'fsType':'xfs'}} | parameters[fsType]: Invalid value: "xfs": is not known; there are pool, csi.storage.k8s.io/fstype, and how file systems are made (berth.dev/ext4-inode-size and others)
      StorageClass | {'parameters':{'berth.dev/ext4-inode-size':'300'}} | parameters[berth.dev/ext4-inode-size]: Invalid value: "300": must be one of 256, 512, 1024
      StorageClass | {'parameters':{'berth.dev/ext4-reserved-percent':'51'}} | parameters[berth.dev/ext4-reserved-percent]: Invalid value: "51": must be a whole number from 0 to 50
      StorageClass | {'parameters':{'berth.dev/ext4-bytes-per-inode':'-T news'}} | parameters[berth.dev/ext4-bytes-per-inode]: Invalid value: "-T news": must be a whole number from 1024 to 67108864
      StorageClass | {'parameters':{'berth.dev/btrfs-mixed':'1'}} | parameters[berth.dev/btrfs-mixed]: Invalid value: "1": is not known; for btrfs there are berth.dev/btrfs-node-size, berth.dev/btrfs-metadata-copies
      StorageClass | {'parameters':{'berth.dev/xfs-inode-size':'1024','berth.dev/xfs-block-size':'1024'}} | parameters[berth.dev/xfs-inode-size]: Invalid value: "1024": must be at most half of the block size of 1024 bytes
      StorageClass | {'mountOptions':['noatime','bind']} | mountOptions[1]: Invalid value: "bind": must say how the file system behaves: with bind something else would be mounted, or elsewhere
      StorageClass | {'mountOptions':['-o noatime']}   | mountOptions[0]: Invalid value: "-o noatime": must not contain blanks
      StorageClass | {'provisioner':'loop.berth.dev','parameters':{'csi.storage.k8s.io/fstype':'zfs'}} | parameters[csi.storage.k8s.io/fstype]: Unsupported value: "zfs": supported values: "btrfs", "ext4", "xfs"
      StorageClass | {'reclaimPolicy':'Recycle'}       | reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"
      StorageClass | {'volumeBindingMode':'Later'}     | volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"
      StorageClass | {'allowedTopologies':[{'matchLabelExpressions':[{'key':'a'}]}]} | allowedTopologies[0].matchLabelExpressions[0].values: Required value

      # Classes of priority and of attributes
      PriorityClass | {'value':1000000001}             | value: Forbidden: maximum allowed value of a user defined priority is 1000000000
      PriorityClass | {'metadata':{'name':'system-x'}} | metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class...
      PriorityClass | {'preemptionPolicy':'Always'}    | preemptionPolicy: Unsupported value: "Always": supported values: "Never", "PreemptLowerPriority"
      VolumeAttributesClass | {'driverName':null}      | driverName: Required value
      VolumeAttributesClass | {'driverName':'a b'}     | driverName: Invalid value: "a b": name part...
      VolumeAttributesClass | {'parameters':null}      | parameters: Required value: must contain at least one key/value pair
      VolumeAttributesClass | {'parameters':{'':'b'}}  | parameters: Invalid value: "": field can not be empty.

      # What drivers report
      CSINode | {'spec':{'drivers':[{'name':'d.x','nodeID':''}]}}  | spec.drivers[0].nodeID: Required value
      CSINode | {'spec':{'drivers':[{'name':'d_x','nodeID':'n'}]}} | spec.drivers[0].name: Invalid value: "d_x": a lowercase RFC 1123 subdomain...
      CSINode | {'spec':{'drivers':[{'name':'d','nodeID':'n'},{'name':'d','nodeID':'m'}]}} | spec.drivers[1].name: Duplicate value: "d"
      CSINode | {'spec':{'drivers':[{'name':'d','nodeID':'n','topologyKeys':['a','a']}]}} | spec.drivers[0].topologyKeys[1]: Duplicate value: "a"
      CSINode | {'spec':{'drivers':[{'name':'d','nodeID':'n','topologyKeys':['']}]}} | spec.drivers[0].topologyKeys[0]: Required value
      CSINode | {'spec':{'drivers':[{'name':'d','nodeID':'n','allocatable':{'count':-1}}]}} | spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0
      CSIStorageCapacity | {'storageClassName':null}   | storageClassName: Required value
      CSIStorageCapacity | {'capacity':'-1'}           | capacity: Invalid value: "-1": must be greater than or equal to 0
      CSIStorageCapacity | {'maximumVolumeSize':'-1'}  | maximumVolumeSize: Invalid value: "-1": must be greater than or equal to 0
      CSIStorageCapacity | {'nodeTopology':{'matchLabels':{'a':'b c'}}} | nodeTopology.matchLabels: Invalid value: "b c": a valid label...

      # Settings and secrets
      ConfigMap | {'data':{'a b':'c'}}         | data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
      ConfigMap | {'data':{'..a':'c'}}         | data[..a]: Invalid value: "..a": must not start with '..'
      ConfigMap | {'data':{'..':'c'}}          | data[..]: Invalid value: "..": must not be '..'
      ConfigMap | {'data':{'.':'c'}}           | data[.]: Invalid value: ".": must not be '.'
      ConfigMap | {'binaryData':{'x/y':'Yg=='}} | binaryData[x/y]: Invalid value: "x/y": a valid config key...
      ConfigMap | {'binaryData':{'a':'Yg=='}}  | data[a]: Invalid value: "a": duplicate of key present in binaryData
      Secret | {'stringData':{'a b':'c'}}      | data[a b]: Invalid value: "a b": a valid config key...
      Secret | {'type':'kubernetes.io/tls'}    | [data[tls.crt]: Required value, data[tls.key]: Required value]
      Secret | {'type':'kubernetes.io/basic-auth'} | [data[username]: Required value, data[password]: Required value]
      Secret | {'type':'kubernetes.io/ssh-auth','stringData':{'ssh-privatekey':''}} | data[ssh-privatekey]: Required value
      Secret | {'type':'kubernetes.io/service-account-token'} | metadata.annotations[kubernetes.io/service-account.name]: Required value
      Secret | {'type':'kubernetes.io/dockerconfigjson'} | data[.dockerconfigjson]: Required value
      Secret | {'type':'kubernetes.io/dockercfg','stringData':{'.dockercfg':'hunter2'}} | data[.dockercfg]: Invalid value: "<secret contents redacted>": it is not JSON

      # Nodes, events, leases
      Node  | {'spec':{'taints':[{'key':'a','effect':'Never'}]}} | spec.taints[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"
      Node  | {'spec':{'taints':[{'key':'a','effect':'NoExecute'},{'key':'a','value':'b','effect':'NoExecute'}]}} | spec.taints[1]: Duplicate value: {"key":"a","value":"b","effect":"NoExecute"}
      Node  | {'status':{'capacity':{'cpu':'-1'}}}     | [status.capacity[cpu]: Invalid value: "-1": must be greater than or equal to 0, status.allocatable[cpu]: ...]
      Event | {'involvedObject':{'namespace':'other'}} | involvedObject.namespace: Invalid value: "other": does not match event.namespace
      Lease | {'spec':{'leaseDurationSeconds':0}}      | spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0
      Lease | {'spec':{'leaseTransitions':-1}}         | spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0

      # Pods as a whole
      Pod | {'spec':null}                              | spec.containers: Required value
      Pod | {'spec':{'restartPolicy':'Maybe'}}         | spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "Never", "OnFailure"
      Pod | {'spec':{'dnsPolicy':'X'}}                 | spec.dnsPolicy: Unsupported value: "X": ...
      Pod | {'spec':{'activeDeadlineSeconds':0}}       | spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive
      Pod | {'spec':{'terminationGracePeriodSeconds':-1}} | spec.terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0
      Pod | {'spec':{'nodeName':'N'}}                  | spec.nodeName: Invalid value: "N": a lowercase RFC 1123 subdomain...
      Pod | {'spec':{'securityContext':{'fsGroup':-1}}} | spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive
      Pod | {'spec':{'securityContext':{'fsGroupChangePolicy':'x'}}} | spec.securityContext.fsGroupChangePolicy: Unsupported value: "x": supported values: "Always", "OnRootMismatch"
      Pod | {'spec':{'ephemeralContainers':[{'name':'e','image':'host'}]}} | spec.ephemeralContainers: Forbidden: cannot be set on create
      Pod | {'spec':{'tolerations':[{'operator':'Equal'}]}} | spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"
      Pod | {'spec':{'tolerations':[{'key':'a','operator':'Exists','value':'b'}]}} | spec.tolerations[0].value: Invalid value: "b": value must be empty when `operator` is 'Exists'
      Pod | {'spec':{'tolerations':[{'key':'a','operator':'Exists','tolerationSeconds':1}]}} | spec.tolerations[0].effect: Invalid value: "": effect must be 'NoExecute' when `tolerationSeconds` is set
      Pod | {'spec':{'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{}]}}}} | spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty
      Pod | {'spec':{'affinity':{'nodeAffinity':{'preferredDuringSchedulingIgnoredDuringExecution':[{'weight':0,'preference':{}}]}}}} | spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100

      # Pods' volumes
      Pod | {'spec':{'volumes':[{'emptyDir':{}}]}}     | spec.volumes[0].name: Required value
      Pod | {'spec':{'volumes':[{'name':'a'},{'name':'a'}]}} | spec.volumes[1].name: Duplicate value: "a"
      Pod | {'spec':{'volumes':[{'name':'a','emptyDir':{},'hostPath':{'path':'/x'}}]}} | spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type
      Pod | {'spec':{'volumes':[{'name':'a','tape':{}}]}} | spec.volumes[0]: Required value: must specify a volume type
      Pod | {'spec':{'volumes':[{'name':'a','persistentVolumeClaim':{}}]}} | spec.volumes[0].persistentVolumeClaim.claimName: Required value
      Pod | {'spec':{'volumes':[{'name':'a','emptyDir':{'sizeLimit':'-1'}}]}} | spec.volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity

      Pod | {'spec':{'volumes':[{'name':'a','configMap':{'name':'c','items':[{'key':'k','path':'..k'}]}}]}} | spec.volumes[0].configMap.items[0].path: Invalid value: "..k": must not start with '..'
      Pod | {'spec':{'volumes':[{'name':'a','downwardAPI':{'items':[{'path':'p'}]}}]}} | spec.volumes[0].downwardAPI.items[0].fieldRef: Required value: one of fieldRef and resourceFieldRef is required
      Pod | {'spec':{'volumes':[{'name':'a','downwardAPI':{'items':[{'path':'/p','resourceFieldRef':{'resource':'limits.cpu'}}]}}]}} | [spec.volumes[0].downwardAPI.items[0].path: Invalid value: "/p": must be a relative path, spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: Required value]
      Pod | {'spec':{'volumes':[{'name':'a','projected':{'sources':[{'secret':{'name':'s'},'configMap':{'name':'c'}}]}}]}} | spec.volumes[0].projected.sources[0]: Forbidden: must specify exactly 1 volume source
      Pod | {'spec':{'volumes':[{'name':'a','projected':{'sources':[{'secret':{'name':'s','items':[{'key':'k','path':'p'}]}},{'configMap':{'name':'c','items':[{'key':'k','path':'p'}]}}]}}]}} | spec.volumes[0].projected.sources[1].configMap.items[0].path: Invalid value: "p": conflicting duplicate paths

      # Pods' containers
      Pod | {'spec':{'containers':[]}}                 | spec.containers: Required value
      Pod | {'spec':{'containers':[{}]}}               | [spec.containers[0].name: Required value, spec.containers[0].image: Required value]
      Pod | {'spec':{'initContainers':[{'name':'c','image':'host'}]}} | spec.containers[0].name: Duplicate value: "c"
      Pod | {'spec':{'containers':[{'name':'c','image':' host'}]}} | spec.containers[0].image: Invalid value: " host": must not have leading or trailing whitespace
      Pod | {'spec':{'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v','mountPath':'/v'}]}]}} | spec.containers[0].volumeMounts[0].name: Not found: "v"
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v','mountPath':'/v'},{'name':'v','mountPath':'/v'}]}]}} | spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v'}]}]}} | spec.containers[0].volumeMounts[0].mountPath: Required value
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v','mountPath':'/v','subPath':'/x'}]}]}} | spec.containers[0].volumeMounts[0].subPath: Invalid value: "/x": must be a relative path
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v','mountPath':'/v','subPath':'a/../b'}]}]}} | spec.containers[0].volumeMounts[0].subPath: Invalid value: "a/../b": must not contain '..'
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v','mountPath':'/v','mountPropagation':'Bidirectional'}]}]}} | spec.containers[0].volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v','mountPath':'/v','recursiveReadOnly':'Enabled'}]}]}} | spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeMounts':[{'name':'v','mountPath':'/v','readOnly':true,'mountPropagation':'HostToContainer','recursiveReadOnly':'IfPossible'}]}]}} | spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified
      Pod | {'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'host','volumeDevices':[{'name':'v','devicePath':'/dev/x'}]}]}} | spec.containers[0].volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode
      Pod | {'spec':{'containers':[{'name':'c','image':'host','resources':{'limits':{'cpu':'1'},'requests':{'cpu':'2'}}}]}} | spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1
      Pod | {'spec':{'containers':[{'name':'c','image':'host','resources':{'requests':{'gold':'2'}}}]}} | spec.containers[0].resources.requests[gold]: Invalid value: "gold": must be a standard resource type or fully qualified
      Pod | {'spec':{'containers':[{'name':'c','image':'host','env':[{'name':'a=b'}]}]}} | spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of...
      Pod | {'spec':{'containers':[{'name':'c','image':'host','ports':[{'containerPort':0}]}]}} | spec.containers[0].ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, inclusive
      Pod | {'spec':{'hostNetwork':true,'containers':[{'name':'c','image':'host','ports':[{'containerPort':80,'hostPort':81}]}]}} | spec.containers[0].ports[0].containerPort: Invalid value: 80: must match `hostPort` when `hostNetwork` is true
      Pod | {'spec':{'containers':[{'name':'c','image':'host','livenessProbe':{'exec':{'command':['x']},'successThreshold':2}}]}} | spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1
      Pod | {'spec':{'containers':[{'name':'c','image':'host','readinessProbe':{}}]}} | spec.containers[0].readinessProbe: Required value: must specify a handler type
      Pod | {'spec':{'containers':[{'name':'c','image':'host','imagePullPolicy':'Often'}]}} | spec.containers[0].imagePullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent", "Never"
      """;

  static Stream<Arguments> table() {
    return TABLE
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.split(" *\\| *", 3))
        .map(cells -> Arguments.of(cells[0], cells[1], cells[2]));
  }

  static ResourceType type(String kind) {
    return ResourceTypes.ALL.stream()
        .filter(type -> type.kind().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static String pattern(String text) {
    return Arrays.stream(text.split("\\.\\.\\.", -1)).map(Pattern::quote).collect(joining(".*"));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("table")
  void invalid(String kind, String change, String expected) {
    var type = type(kind);
    var document = MergePatch.apply(Samples.of(type), json(change));
    var status =
        rejected(
            () ->
                fixture.registry.create(
                    type, Fixture.namespace(type), document, WriteOptions.DEFAULT));
    assertThat(status.code()).as(status.message()).isEqualTo(422);
    assertThat(status.reason()).isEqualTo("Invalid");
    assertThat(Fixture.details(status).kind()).isEqualTo(kind);
    assertThat(status.message())
        .matches(
            Pattern.quote(type.group().isEmpty() ? kind : kind + "." + type.group())
                + " \"[^\"]*\" is invalid: "
                + pattern(expected));
  }

  @Test
  void everySampleIsValid() {
    for (var type : ResourceTypes.ALL) {
      assertThat(fixture.create(type, Samples.text(type)).warnings()).as(type.kind()).isEmpty();
    }
  }

  @Test
  void causesTellProgramsFieldAndReason() {
    var status =
        rejected(
            () ->
                fixture.create(
                    ResourceTypes.CLAIM,
                    "{'metadata':{'name':'x'},'spec':{'accessModes':['X'],'volumeMode':'Y'}}"));
    assertThat(Fixture.causes(status))
        .containsExactly(
            "spec.accessModes: FieldValueNotSupported",
            "spec.resources[storage]: FieldValueRequired",
            "spec.volumeMode: FieldValueNotSupported");
    assertThat(Fixture.details(status).causes().get(1).message()).isEqualTo("Required value");
    assertThat(Fixture.details(status).name()).isEqualTo("x");
  }

  @Test
  void settingsAndSecretsMayNotBecomeTooLarge() {
    var mebibyte = 1024 * 1024;
    var settings = Samples.of(ResourceTypes.CONFIG_MAP);
    settings.withObject("data").put("a", "x".repeat(mebibyte));
    fixture.registry.create(ResourceTypes.CONFIG_MAP, "default", settings, WriteOptions.DEFAULT);
    settings.withObject("metadata").put("name", "y");
    settings.withObject("binaryData").put("b", "Yg==");
    var status =
        rejected(
            () ->
                fixture.registry.create(
                    ResourceTypes.CONFIG_MAP, "default", settings, WriteOptions.DEFAULT));
    assertThat(Fixture.causes(status)).containsExactly("data: FieldValueTooLong");

    var secret = Samples.of(ResourceTypes.SECRET);
    secret.withObject("stringData").put("a", "x".repeat(mebibyte + 1));
    status =
        rejected(
            () ->
                fixture.registry.create(
                    ResourceTypes.SECRET, "default", secret, WriteOptions.DEFAULT));
    assertThat(Fixture.causes(status)).containsExactly("data: FieldValueTooLong");
  }

  @Test
  void whatIsWrongWithASecretIsToldWithoutItsValue() {
    var status =
        rejected(
            () ->
                fixture.create(
                    ResourceTypes.SECRET, "{'metadata':{'name':'x'},'data':{'a':'hunter2!'}}"));
    assertThat(status.code()).isEqualTo(400);
    assertThat(status.message())
        .contains("data[a]: expected base64 text")
        .doesNotContain("hunter2");
  }

  @Test
  void annotationsMayNotBecomeTooLarge() {
    var document = Samples.of(ResourceTypes.LEASE);
    document.withObject("metadata").putObject("annotations").put("a", "x".repeat(256 * 1024));
    var status =
        rejected(
            () ->
                fixture.registry.create(
                    ResourceTypes.LEASE, "default", document, WriteOptions.DEFAULT));
    assertThat(Fixture.causes(status)).containsExactly("metadata.annotations: FieldValueTooLong");
  }
}
