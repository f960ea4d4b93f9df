package dev.berth.core.model.schema;

/** Pods and their containers. */
final class PodSchema {

  static final String TEXT =
      """
      Pod = apiVersion text, kind text, metadata ObjectMeta, spec PodSpec, status PodStatus;
      PodSpec = volumes []Volume(name!), initContainers []Container(name),
        containers []Container(name), ephemeralContainers []EphemeralContainer(name),
        restartPolicy text, terminationGracePeriodSeconds long, activeDeadlineSeconds long,
        dnsPolicy text, nodeSelector {}text, serviceAccountName text, serviceAccount text,
        automountServiceAccountToken flag, nodeName text, hostNetwork flag, hostPID flag,
        hostIPC flag, shareProcessNamespace flag, securityContext PodSecurityContext,
        imagePullSecrets []LocalObjectReference(name), hostname text, subdomain text,
        affinity Affinity, schedulerName text, tolerations []Toleration,
        hostAliases []HostAlias(ip), priorityClassName text, priority int,
        dnsConfig PodDNSConfig, readinessGates []PodReadinessGate, runtimeClassName text,
        enableServiceLinks flag, preemptionPolicy text, overhead {}quantity,
        topologySpreadConstraints []TopologySpreadConstraint(topologyKey),
        setHostnameAsFQDN flag, os PodOS, hostUsers flag,
        schedulingGates []PodSchedulingGate(name), resourceClaims []PodResourceClaim(name!),
        resources ResourceRequirements, hostnameOverride text;
      PodOS = name text;
      PodSchedulingGate = name text;
      PodReadinessGate = conditionType text;
      PodResourceClaim = name text, resourceClaimName text, resourceClaimTemplateName text;
      HostAlias = ip text, hostnames []text;
      PodDNSConfig = nameservers []text, searches []text, options []PodDNSConfigOption;
      PodDNSConfigOption = name text, value text;
      Toleration = key text, operator text, value text, effect text, tolerationSeconds long;
      TopologySpreadConstraint = maxSkew int, topologyKey text, whenUnsatisfiable text,
        labelSelector LabelSelector, minDomains int, nodeAffinityPolicy text,
        nodeTaintsPolicy text, matchLabelKeys []text;
      PodSecurityContext = seLinuxOptions SELinuxOptions, windowsOptions object, runAsUser long,
        runAsGroup long, runAsNonRoot flag, supplementalGroups []long,
        supplementalGroupsPolicy text, fsGroup long, sysctls []Sysctl,
        fsGroupChangePolicy text, seccompProfile SeccompProfile,
        appArmorProfile AppArmorProfile, seLinuxChangePolicy text;
      SELinuxOptions = user text, role text, type text, level text;
      SeccompProfile = type text, localhostProfile text;
      AppArmorProfile = type text, localhostProfile text;
      Sysctl = name text, value text;

      Affinity = nodeAffinity NodeAffinity, podAffinity PodAffinity, podAntiAffinity PodAffinity;
      NodeAffinity = requiredDuringSchedulingIgnoredDuringExecution NodeSelector,
        preferredDuringSchedulingIgnoredDuringExecution []PreferredSchedulingTerm;
      PreferredSchedulingTerm = weight int, preference NodeSelectorTerm;
      PodAffinity = requiredDuringSchedulingIgnoredDuringExecution []PodAffinityTerm,
        preferredDuringSchedulingIgnoredDuringExecution []WeightedPodAffinityTerm;
      WeightedPodAffinityTerm = weight int, podAffinityTerm PodAffinityTerm;
      PodAffinityTerm = labelSelector LabelSelector, namespaces []text, topologyKey text,
        namespaceSelector LabelSelector, matchLabelKeys []text, mismatchLabelKeys []text;

      Container = name text, image text, command []text, args []text, workingDir text,
        ports []ContainerPort(containerPort), envFrom []EnvFromSource, env []EnvVar(name),
        resources ResourceRequirements, resizePolicy []ContainerResizePolicy,
        restartPolicy text, restartPolicyRules []object,
        volumeMounts []VolumeMount(mountPath), volumeDevices []VolumeDevice(devicePath),
        livenessProbe Probe, readinessProbe Probe, startupProbe Probe, lifecycle Lifecycle,
        terminationMessagePath text, terminationMessagePolicy text, imagePullPolicy text,
        securityContext SecurityContext, stdin flag, stdinOnce flag, tty flag;
      EphemeralContainer = name text, image text, command []text, args []text, workingDir text,
        ports []ContainerPort(containerPort), envFrom []EnvFromSource, env []EnvVar(name),
        resources ResourceRequirements, resizePolicy []ContainerResizePolicy,
        restartPolicy text, volumeMounts []VolumeMount(mountPath),
        volumeDevices []VolumeDevice(devicePath), livenessProbe Probe, readinessProbe Probe,
        startupProbe Probe, lifecycle Lifecycle, terminationMessagePath text,
        terminationMessagePolicy text, imagePullPolicy text, securityContext SecurityContext,
        stdin flag, stdinOnce flag, tty flag, targetContainerName text;
      ContainerPort = name text, hostPort int, containerPort int, protocol text, hostIP text;
      ContainerResizePolicy = resourceName text, restartPolicy text;
      EnvVar = name text, value text, valueFrom EnvVarSource;
      EnvVarSource = fieldRef ObjectFieldSelector, resourceFieldRef ResourceFieldSelector,
        configMapKeyRef KeySelector, secretKeyRef KeySelector, fileKeyRef object;
      ObjectFieldSelector = apiVersion text, fieldPath text;
      ResourceFieldSelector = containerName text, resource text, divisor quantity;
      KeySelector = name text, key text, optional flag;
      EnvFromSource = prefix text, configMapRef EnvReference, secretRef EnvReference;
      EnvReference = name text, optional flag;
      ResourceRequirements = limits {}quantity, requests {}quantity, claims []ResourceClaim;
      ResourceClaim = name text, request text;
      VolumeMount = name text, readOnly flag, recursiveReadOnly text, mountPath text,
        subPath text, mountPropagation text, subPathExpr text;
      VolumeDevice = name text, devicePath text;
      Probe = exec ExecAction, httpGet HTTPGetAction, tcpSocket TCPSocketAction,
        grpc GRPCAction, initialDelaySeconds int, timeoutSeconds int, periodSeconds int,
        successThreshold int, failureThreshold int, terminationGracePeriodSeconds long;
      ExecAction = command []text;
      HTTPGetAction = path text, port textOrInt, host text, scheme text,
        httpHeaders []HTTPHeader;
      HTTPHeader = name text, value text;
      TCPSocketAction = port textOrInt, host text;
      GRPCAction = port int, service text;
      Lifecycle = postStart LifecycleHandler, preStop LifecycleHandler, stopSignal text;
      LifecycleHandler = exec ExecAction, httpGet HTTPGetAction, tcpSocket TCPSocketAction,
        sleep SleepAction;
      SleepAction = seconds long;
      SecurityContext = capabilities Capabilities, privileged flag,
        seLinuxOptions SELinuxOptions, windowsOptions object, runAsUser long, runAsGroup long,
        runAsNonRoot flag, readOnlyRootFilesystem flag, allowPrivilegeEscalation flag,
        procMount text, seccompProfile SeccompProfile, appArmorProfile AppArmorProfile;
      Capabilities = add []text, drop []text;
      """;

  private PodSchema() {}
}
