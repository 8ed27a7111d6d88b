"""The feature gates of each kube-proxy, as `python -m tools.feature_gates` asked them. Not edited by hand."""

RELEASES = ("1.34", "1.35", "1.36", "1.37")
"""The releases that were asked."""

_GATES = """
APIResponseCompression beta-on beta-on beta-on beta-on
APIServerIdentity beta-on beta-on beta-on beta-on
APIServerTracing locked-on locked-on locked-on -
APIServerWebhookAuthenticationToken - - - alpha-off
APIServingWithRoutine alpha-off alpha-off alpha-off alpha-off
AggregatedDiscoveryRemoveBetaType settable locked-on locked-on locked-on
AllAlpha alpha-off alpha-off alpha-off alpha-off
AllBeta beta-off beta-off beta-off beta-off
AllowDNSOnlyNodeCSR settable settable settable settable
AllowInsecureKubeletCertificateSigningRequests settable settable settable settable
AllowOverwriteTerminationGracePeriodSeconds settable locked-off locked-off locked-off
AllowParsingUserUIDFromCertAuth beta-on beta-on beta-on beta-on
AllowServiceExternalIPs - - settable settable
AllowServiceLBStatusOnNonLB locked-off - - -
AllowUnsafeMalformedObjectDeletion alpha-off alpha-off alpha-off beta-on
AnonymousAuthConfigurableEndpoints locked-on locked-on locked-on -
AnyVolumeDataSource locked-on locked-on locked-on -
AtomicFIFO - - beta-on beta-on
AtomicWriteVolumeUserFields - - - alpha-off
AuthorizeNodeWithSelectors locked-on locked-on locked-on -
AuthorizePodWebsocketUpgradeCreatePermission - beta-on beta-on beta-on
AuthorizeWithSelectors locked-on locked-on locked-on -
BtreeWatchCache locked-on locked-on locked-on -
CBORServingAndStorage alpha-off alpha-off alpha-off alpha-off
CPUManagerPolicyAlphaOptions alpha-off alpha-off alpha-off alpha-off
CPUManagerPolicyBetaOptions beta-on beta-on beta-on beta-on
CPUManagerPolicyOptions locked-on locked-on locked-on locked-on
CRDObservedGenerationTracking - beta-off beta-on beta-on
CRDValidationRatcheting locked-on locked-on locked-on locked-on
CRIListStreaming - - alpha-off alpha-off
CSIMigrationPortworx locked-on locked-on - -
CSIServiceAccountTokenSecrets - beta-on locked-on locked-on
CSIVolumeHealth alpha-off alpha-off alpha-off alpha-off
ChangeContainerStatusOnKubeletRestart - settable settable settable
ClearingNominatedNodeNameAfterBinding alpha-off beta-on beta-on beta-on
ClientsAllowCARotation - - beta-on beta-on
ClientsAllowCBOR alpha-off alpha-off alpha-off alpha-off
ClientsAllowTLSCacheGC - - beta-on beta-on
ClientsPreferCBOR alpha-off alpha-off alpha-off alpha-off
CloudControllerManagerWatchBasedRoutesReconciliation - alpha-off alpha-off alpha-off
CloudControllerManagerWebhook alpha-off alpha-off alpha-off alpha-off
ClusterTrustBundle beta-off beta-off beta-off settable
ClusterTrustBundleProjection beta-off beta-off beta-off settable
ComponentFlagz alpha-off alpha-off beta-on beta-on
ComponentSLIs locked-on - - -
ComponentStatusz alpha-off alpha-off beta-on beta-on
CompositePodGroup - - - alpha-off
ConcurrentWatchObjectDecode beta-off beta-off beta-off beta-on
ConsistentListFromCache locked-on locked-on locked-on -
ConsistentListFromCacheSkipTimeoutFallback - - - alpha-off
ConstrainedImpersonation - alpha-off beta-on beta-on
ContainerCheckpoint beta-on beta-on beta-on beta-on
ContainerRestartRules alpha-off beta-on beta-on beta-on
ContainerStopSignals alpha-off alpha-off alpha-off alpha-off
ContextualLogging beta-on beta-on beta-on beta-on
ControllerManagerReleaseLeaderElectionLockOnExit - - alpha-off alpha-off
CoordinatedLeaderElection beta-off beta-off beta-off beta-off
CronJobsScheduledAnnotation locked-on - - -
CrossNamespaceVolumeDataSource alpha-off alpha-off alpha-off alpha-off
CustomCPUCFSQuotaPeriod alpha-off alpha-off settable settable
CustomResourceFieldSelectors locked-on locked-on locked-on locked-on
DRAAdminAccess beta-on beta-on locked-on locked-on
DRAConsumableCapacity alpha-off alpha-off beta-on beta-on
DRADerivedAttributes - - - alpha-off
DRADeviceBindingConditions alpha-off alpha-off beta-on beta-on
DRADeviceCompatibilityGroups - - - alpha-off
DRADeviceTaintRules - alpha-off beta-off settable
DRADeviceTaints alpha-off alpha-off beta-on settable
DRAExtendedResource alpha-off alpha-off beta-on locked-on
DRAFractionalCapacityRange - - - beta-on
DRAListTypeAttributes - - alpha-off alpha-off
DRANodeAllocatableResources - - alpha-off alpha-off
DRAOptionalNodeOperations - - - alpha-off
DRAPartitionableDevices alpha-off alpha-off beta-on beta-on
DRAPartitionableDevicesType - - - alpha-off
DRAPrioritizedList beta-on beta-on settable locked-on
DRAResourceClaimDeviceStatus beta-on beta-on beta-on locked-on
DRAResourceClaimGranularStatusAuthorization - - beta-on beta-on
DRAResourcePoolStatus - - alpha-off alpha-off
DRASchedulerFilterTimeout beta-on beta-on beta-on beta-on
DRAWorkloadResourceClaims - - alpha-off beta-off
DeclarativeValidation beta-on beta-on locked-on locked-on
DeclarativeValidationBeta - - beta-on beta-on
DeclarativeValidationTakeover beta-off beta-off settable locked-off
DefaultPodSysctls - - - alpha-off
DeploymentReplicaSetTerminatingReplicas alpha-off beta-on beta-on beta-on
DetectCacheInconsistency beta-on beta-on beta-on beta-on
DisableAllocatorDualWrite settable locked-on locked-on locked-on
DisableCPUQuotaWithExclusiveCPUs beta-on beta-on settable locked-on
DisableNodeKubeProxyVersion settable settable locked-on locked-on
DynamicResourceAllocation settable locked-on locked-on locked-on
EmptyDirVolumeMode - - - alpha-off
EnvFiles alpha-off beta-on beta-on beta-on
EtcdRangeStream - - - beta-on
EventedPLEG alpha-off alpha-off alpha-off alpha-off
EvictionRequestAPI - - - alpha-off
ExcludeAdmissionWebhookVirtualResources - - - beta-on
ExecProbeTimeout settable locked-on locked-on locked-on
ExtendWebSocketsToKubelet - - beta-on beta-on
ExternalServiceAccountTokenSigner beta-on beta-on locked-on locked-on
GRPCContainerProbeTLS - - - alpha-off
GangScheduling - alpha-off alpha-off -
GenericWorkload - alpha-off alpha-off beta-off
GitRepoVolumeDriver settable settable locked-off locked-off
GracefulNodeShutdown beta-on beta-on beta-on beta-on
GracefulNodeShutdownBasedOnPodPriority beta-on beta-on beta-on beta-on
H2CContainerProbe - - - alpha-off
HPAConfigurableTolerance alpha-off beta-on beta-on locked-on
HPAGeneration - - - beta-on
HPAOptimizedSelectorStore - - - beta-on
HPAScaleToZero alpha-off alpha-off alpha-off beta-on
HonorPVReclaimPolicy locked-on locked-on - -
HostnameOverride alpha-off beta-on beta-on locked-on
HugepageAwareEviction - - - beta-on
ImageMaximumGCAge beta-on locked-on locked-on locked-on
ImageVolume beta-off beta-on locked-on locked-on
ImageVolumeWithDigest - - alpha-off alpha-off
InOrderInformers beta-on beta-on - -
InOrderInformersBatchProcess - beta-on beta-on beta-on
InPlacePodLevelResourcesVerticalScaling - alpha-off beta-on beta-on
InPlacePodVerticalScaling beta-on locked-on locked-on locked-on
InPlacePodVerticalScalingAllocatedStatus settable settable - -
InPlacePodVerticalScalingExclusiveCPUs alpha-off alpha-off alpha-off alpha-off
InPlacePodVerticalScalingExclusiveMemory alpha-off alpha-off alpha-off alpha-off
InPlacePodVerticalScalingInitContainers - - beta-on locked-on
InPlacePodVerticalScalingMemoryBackedVolumes - - - alpha-off
InPlacePodVerticalScalingSchedulerPreemption - - - alpha-off
InTreePluginPortworxUnregister alpha-off alpha-off - -
InformerResourceVersion alpha-off - - -
InterPodAffinityHostnameFastPath - - - alpha-off
JobBackoffLimitPerIndex locked-on locked-on locked-on -
JobManagedBy beta-on locked-on locked-on locked-on
JobPodReplacementPolicy locked-on locked-on locked-on -
JobSuccessPolicy locked-on locked-on locked-on -
KMSv1 settable settable settable settable
KubeProxyIPVS - - - settable
KubeProxyNFTablesLocalhostNodePorts - - - alpha-off
KubeletAllocatedPodsEndpoint - - - alpha-off
KubeletCgroupDriverFromCRI locked-on locked-on locked-on locked-on
KubeletCrashLoopBackOffMax alpha-off beta-on beta-on beta-on
KubeletEnsureSecretPulledImages alpha-off beta-on beta-on beta-on
KubeletFineGrainedAuthz beta-on beta-on locked-on locked-on
KubeletInUserNamespace alpha-off alpha-off alpha-off beta-on
KubeletPSI beta-on beta-on locked-on locked-on
KubeletPodResourcesDynamicResources beta-on beta-on locked-on locked-on
KubeletPodResourcesGet beta-on beta-on locked-on locked-on
KubeletPodResourcesListUseActivePods settable settable settable settable
KubeletRegistrationGetOnExistsOnly settable settable settable settable
KubeletSeparateDiskGC beta-on beta-on beta-on beta-on
KubeletServiceAccountTokenForCredentialProviders beta-on beta-on beta-on beta-on
KubeletTracing locked-on locked-on locked-on locked-on
ListFromCacheSnapshot beta-on beta-on beta-on beta-on
LoadBalancerIPMode locked-on - - -
LocalStorageCapacityIsolationFSQuotaMonitoring beta-off beta-off beta-off beta-off
LogarithmicScaleDown locked-on locked-on locked-on -
LoggingAlphaOptions alpha-off alpha-off alpha-off alpha-off
LoggingBetaOptions beta-on beta-on beta-on beta-on
ManifestBasedAdmissionControlConfig - - alpha-off beta-on
MatchLabelKeysInPodAffinity locked-on locked-on locked-on locked-on
MatchLabelKeysInPodTopologySpread beta-on beta-on beta-on beta-on
MatchLabelKeysInPodTopologySpreadSelectorMerge beta-on beta-on beta-on beta-on
MaxUnavailableStatefulSet alpha-off beta-off beta-off beta-on
MemoryManager locked-on locked-on - -
MemoryQoS alpha-off alpha-off alpha-off beta-on
MultiCIDRServiceAllocator locked-on locked-on locked-on locked-on
MutableCSINodeAllocatableCount beta-off beta-on locked-on locked-on
MutablePVNodeAffinity - alpha-off alpha-off alpha-off
MutablePodResourcesForSuspendedJobs - alpha-off beta-on beta-on
MutableSchedulingDirectivesForSuspendedJobs - alpha-off beta-on beta-on
MutatingAdmissionPolicy beta-off beta-off settable settable
NFTablesNetlink - - - beta-on
NFTablesProxyMode locked-on locked-on locked-on locked-on
NativeHistograms - - alpha-off beta-on
NodeControllerLeaseCircuitBreaker - - - beta-on
NodeDeclaredFeatures - alpha-off beta-on locked-on
NodeInclusionPolicyInPodTopologySpread locked-on locked-on locked-on locked-on
NodeLifecycleConditions - - - alpha-off
NodeLogQuery beta-off beta-off locked-on locked-on
NodeSwap locked-on locked-on locked-on locked-on
NominatedNodeNameForExpectation alpha-off beta-on beta-on beta-on
OpenAPIEnums beta-on beta-on beta-on beta-on
OpportunisticBatching - beta-on beta-on beta-on
OrderedNamespaceDeletion locked-on locked-on locked-on -
PLEGOnDemandRelist - - beta-on locked-on
PersistentVolumeClaimUnusedSinceTime - - alpha-off beta-on
PodAndContainerStatsFromCRI alpha-off alpha-off alpha-off beta-off
PodCertificateRequest alpha-off beta-off beta-off settable
PodDeletionCost beta-on beta-on beta-on beta-on
PodGroupPreemptionPolicy - - - alpha-off
PodIndexLabel locked-on - - -
PodLevelResourceManagers - - alpha-off beta-off
PodLevelResources beta-on beta-on beta-on beta-on
PodLevelResourcesFixDefaulting - - - beta-on
PodLevelResourcesFixKubeletQOSClass - - - beta-on
PodLifecycleSleepAction locked-on locked-on locked-on -
PodLifecycleSleepActionAllowZero locked-on locked-on locked-on -
PodLogsQuerySplitStreams alpha-off alpha-off alpha-off alpha-off
PodObservedGenerationTracking beta-on locked-on locked-on locked-on
PodReadyToStartContainersCondition beta-on beta-on beta-on locked-on
PodSchedulingReadiness locked-on locked-on locked-on locked-on
PodTopologyLabelsAdmission alpha-off beta-on beta-on beta-on
PodsAPI - - alpha-off beta-on
PortForwardWebsockets beta-on beta-on beta-on beta-on
PreferSameTrafficDistribution beta-on locked-on locked-on locked-on
PreventStaticPodAPIReferences beta-on beta-on beta-on -
ProbeHostPodSecurityStandards locked-on - - -
ProcMountType beta-on beta-on locked-on locked-on
QOSReserved alpha-off alpha-off alpha-off alpha-off
RecoverVolumeExpansionFailure locked-on locked-on locked-on locked-on
RecursiveReadOnlyMounts locked-on locked-on locked-on locked-on
ReduceDefaultCrashLoopBackOffDecay alpha-off alpha-off alpha-off alpha-off
RelaxedDNSSearchValidation locked-on locked-on locked-on -
RelaxedEnvironmentVariableValidation locked-on locked-on locked-on locked-on
RelaxedServiceNameValidation alpha-off alpha-off beta-on locked-on
ReloadKubeletClientCAFile - - beta-on beta-on
ReloadKubeletServerCertificateFile beta-on beta-on beta-on beta-on
RemoteRequestHeaderUID beta-on beta-on beta-on beta-on
ResilientWatchCacheInitialization locked-on locked-on locked-on -
ResourceHealthStatus alpha-off alpha-off beta-on beta-on
ResourceHealthStatusMessage - - beta-on beta-on
RestartAllContainersOnContainerExits - alpha-off beta-on beta-on
RetryGenerateName locked-on locked-on locked-on -
RotateKubeletServerCertificate beta-on beta-on beta-on beta-on
RuntimeClassInImageCriApi alpha-off alpha-off alpha-off alpha-off
SELinuxChangePolicy beta-on beta-on locked-on locked-on
SELinuxMount beta-off beta-off beta-off settable
SELinuxMountReadWriteOncePod beta-on beta-on locked-on locked-on
SchedulerAsyncAPICalls beta-off beta-off beta-off beta-off
SchedulerAsyncPreemption beta-on beta-on beta-on beta-on
SchedulerPopFromBackoffQ beta-on beta-on beta-on beta-on
SchedulerPreQueueingHints - - - alpha-off
SchedulerQueueingHints locked-on locked-on locked-on -
SeparateCacheWatchRPC settable settable locked-off locked-off
SeparateTaintEvictionController locked-on locked-on locked-on locked-on
ServiceAccountNodeAudienceRestriction beta-on beta-on beta-on beta-on
ServiceAccountTokenJTI locked-on locked-on locked-on locked-on
ServiceAccountTokenNodeBinding locked-on locked-on locked-on locked-on
ServiceAccountTokenNodeBindingValidation locked-on locked-on locked-on locked-on
ServiceAccountTokenPodNodeInfo locked-on locked-on locked-on locked-on
ServiceCIDRStatusFieldWiping - - settable settable
ServiceTrafficDistribution locked-on locked-on - -
ShardedListAndWatch - - alpha-off alpha-off
SidecarContainers locked-on locked-on locked-on -
SizeBasedListCostEstimate beta-on beta-on beta-on beta-on
SizeMemoryBackedVolumes locked-on - - -
StaleControllerConsistencyDaemonSet - - beta-on beta-on
StaleControllerConsistencyHPA - - - beta-on
StaleControllerConsistencyJob - - beta-on beta-on
StaleControllerConsistencyReplicaSet - - beta-on beta-on
StaleControllerConsistencyStatefulSet - - beta-on beta-on
StatefulSetAutoDeletePVC locked-on - - -
StatefulSetRecreateStrategy - - - alpha-off
StatefulSetSemanticRevisionComparison beta-on beta-on beta-on beta-on
StorageCapacityScoring alpha-off alpha-off alpha-off beta-on
StorageNamespaceIndex settable settable settable settable
StorageVersionAPI alpha-off alpha-off alpha-off alpha-off
StorageVersionHash beta-on beta-on beta-on beta-on
StorageVersionMigrator alpha-off beta-off beta-off settable
StreamingCollectionEncodingToJSON locked-on locked-on locked-on -
StreamingCollectionEncodingToProtobuf locked-on locked-on locked-on -
StrictCostEnforcementForVAP locked-on - - -
StrictCostEnforcementForWebhooks locked-on - - -
StrictIPCIDRValidation alpha-off alpha-off beta-on beta-on
StructuredAuthenticationConfiguration locked-on locked-on locked-on -
StructuredAuthenticationConfigurationEgressSelector beta-on beta-on beta-on beta-on
StructuredAuthenticationConfigurationJWKSMetrics - beta-on beta-on beta-on
StructuredAuthorizationConfiguration locked-on locked-on - -
SupplementalGroupsPolicy beta-on locked-on locked-on locked-on
SystemdWatchdog beta-on - - -
TaintTolerationComparisonOperators - alpha-off alpha-off alpha-off
TokenRequestServiceAccountUIDValidation beta-on beta-on beta-on beta-on
TopologyAwareHints locked-on locked-on - -
TopologyAwareWorkloadScheduling - - alpha-off alpha-off
TopologyManagerPolicyAlphaOptions alpha-off alpha-off alpha-off alpha-off
TopologyManagerPolicyBetaOptions beta-on beta-on beta-on beta-on
TopologyManagerPolicyOptions settable settable locked-on locked-on
TranslateStreamCloseWebsocketRequests beta-on beta-on beta-on beta-on
UnauthenticatedHTTP2DOSMitigation beta-on beta-on beta-on beta-on
UnknownVersionInteroperabilityProxy alpha-off alpha-off beta-on beta-on
UnlockWhileProcessingFIFO - - beta-on beta-on
UserNamespacesHostNetworkSupport - alpha-off alpha-off alpha-off
UserNamespacesPodSecurityStandards alpha-off - - -
UserNamespacesSupport beta-on beta-on locked-on locked-on
VolumeAttributesClass settable settable locked-on locked-on
VolumeBindMountOptions - - - alpha-off
VolumeLimitScaling - alpha-off alpha-off beta-on
WatchCacheInitializationPostStartHook beta-off beta-off beta-on locked-on
WatchFromStorageWithoutResourceVersion locked-off locked-off - -
WatchList beta-on beta-on beta-on beta-on
WatchListClient beta-off beta-on beta-on beta-on
WatchListCompression - - - beta-on
WebhookRoundTripLoadBalancing - - - beta-on
WinDSR locked-on locked-on locked-on locked-on
WinOverlay locked-on locked-on locked-on locked-on
WindowsCPUAndMemoryAffinity alpha-off alpha-off alpha-off alpha-off
WindowsGracefulNodeShutdown beta-on beta-on beta-on beta-on
WindowsHostNetwork settable settable settable settable
WorkloadAwarePreemption - - alpha-off -
WorkloadWithJob - - alpha-off alpha-off
"""

_NEEDS = """
1.35 ClusterTrustBundleProjection ClusterTrustBundle
1.35 DRADeviceBindingConditions DRAResourceClaimDeviceStatus
1.35 DRADeviceTaintRules DRADeviceTaints
1.35 DeclarativeValidationTakeover DeclarativeValidation
1.35 GangScheduling GenericWorkload
1.35 GracefulNodeShutdownBasedOnPodPriority GracefulNodeShutdown
1.35 InPlacePodLevelResourcesVerticalScaling NodeDeclaredFeatures PodLevelResources
1.35 MatchLabelKeysInPodTopologySpreadSelectorMerge MatchLabelKeysInPodTopologySpread
1.35 ProcMountType UserNamespacesSupport
1.35 RestartAllContainersOnContainerExits ContainerRestartRules NodeDeclaredFeatures
1.35 StorageVersionAPI APIServerIdentity
1.35 UnknownVersionInteroperabilityProxy APIServerIdentity
1.35 UserNamespacesHostNetworkSupport UserNamespacesSupport
1.35 WindowsGracefulNodeShutdown GracefulNodeShutdown
1.36 ClusterTrustBundleProjection ClusterTrustBundle
1.36 DRADeviceBindingConditions DRAResourceClaimDeviceStatus
1.36 DRADeviceTaintRules DRADeviceTaints
1.36 DRAResourceClaimGranularStatusAuthorization DRAResourceClaimDeviceStatus
1.36 DRAWorkloadResourceClaims GenericWorkload
1.36 ExtendWebSocketsToKubelet NodeDeclaredFeatures
1.36 GangScheduling GenericWorkload
1.36 GracefulNodeShutdownBasedOnPodPriority GracefulNodeShutdown
1.36 InPlacePodLevelResourcesVerticalScaling NodeDeclaredFeatures PodLevelResources
1.36 InPlacePodVerticalScalingInitContainers NodeDeclaredFeatures
1.36 MatchLabelKeysInPodTopologySpreadSelectorMerge MatchLabelKeysInPodTopologySpread
1.36 PodLevelResourceManagers PodLevelResources
1.36 ResourceHealthStatusMessage ResourceHealthStatus
1.36 RestartAllContainersOnContainerExits ContainerRestartRules NodeDeclaredFeatures
1.36 StaleControllerConsistencyDaemonSet AtomicFIFO
1.36 StaleControllerConsistencyJob AtomicFIFO
1.36 StaleControllerConsistencyReplicaSet AtomicFIFO
1.36 StaleControllerConsistencyStatefulSet AtomicFIFO
1.36 StorageVersionAPI APIServerIdentity
1.36 TopologyAwareWorkloadScheduling GenericWorkload
1.36 UnknownVersionInteroperabilityProxy APIServerIdentity
1.36 UserNamespacesHostNetworkSupport NodeDeclaredFeatures
1.36 WindowsGracefulNodeShutdown GracefulNodeShutdown
1.36 WorkloadAwarePreemption GangScheduling
1.36 WorkloadWithJob GenericWorkload
1.37 ClusterTrustBundleProjection ClusterTrustBundle
1.37 CompositePodGroup GenericWorkload TopologyAwareWorkloadScheduling
1.37 DRADeviceCompatibilityGroups DRAPartitionableDevices
1.37 DRADeviceTaintRules DRADeviceTaints
1.37 DRAFractionalCapacityRange DRAConsumableCapacity
1.37 DRAPartitionableDevicesType DRAPartitionableDevices DRAResourcePoolStatus
1.37 DRAWorkloadResourceClaims GenericWorkload
1.37 GracefulNodeShutdownBasedOnPodPriority GracefulNodeShutdown
1.37 InPlacePodLevelResourcesVerticalScaling PodLevelResources
1.37 MatchLabelKeysInPodTopologySpreadSelectorMerge MatchLabelKeysInPodTopologySpread
1.37 NodeControllerLeaseCircuitBreaker AtomicFIFO
1.37 PodGroupPreemptionPolicy GenericWorkload
1.37 PodLevelResourceManagers PodLevelResources
1.37 PodLevelResourcesFixDefaulting PodLevelResources
1.37 PodLevelResourcesFixKubeletQOSClass PodLevelResources
1.37 ResourceHealthStatusMessage ResourceHealthStatus
1.37 RestartAllContainersOnContainerExits ContainerRestartRules
1.37 StaleControllerConsistencyDaemonSet AtomicFIFO
1.37 StaleControllerConsistencyHPA AtomicFIFO
1.37 StaleControllerConsistencyJob AtomicFIFO
1.37 StaleControllerConsistencyReplicaSet AtomicFIFO
1.37 StaleControllerConsistencyStatefulSet AtomicFIFO
1.37 StorageVersionAPI APIServerIdentity
1.37 TopologyAwareWorkloadScheduling GenericWorkload
1.37 UnknownVersionInteroperabilityProxy APIServerIdentity
1.37 WindowsGracefulNodeShutdown GracefulNodeShutdown
1.37 WorkloadWithJob GenericWorkload
"""

GATES = {
    name: {release: word.replace("-", " ") for release, word in zip(RELEASES, words, strict=True) if word != "-"}
    for name, *words in map(str.split, _GATES.split("\n")[1:-1])
}
"""Gate -> release -> stage and default, `locked` with its value, or `settable` where `--help` hides it."""

NEEDS: dict[str, dict[str, tuple[str, ...]]] = {release: {} for release in RELEASES}
"""Release -> gate -> the gates without which its kube-proxy refuses it."""

for _release, _name, *_others in map(str.split, _NEEDS.split("\n")[1:-1]):
    NEEDS[_release][_name] = tuple(_others)
