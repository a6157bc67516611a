// SPDX-License-Identifier: MIT

extension BuiltInTypes {
    /// Volumes of pods and claims. One line a type; `BuiltInTypes` says how they are written.
    static let volumes = #"""
        core.AWSElasticBlockStoreVolumeSource: fsType s, partition i, readOnly b, volumeID! s
        core.AzureDiskVolumeSource: cachingMode s {None|ReadOnly|ReadWrite} ="ReadWrite", diskName! s, diskURI! s, \#
            fsType s ="ext4", kind s {Dedicated|Managed|Shared} ="Shared", readOnly b
        core.AzureFileVolumeSource: readOnly b, secretName! s, shareName! s
        core.CSIVolumeSource: driver! s, fsType s, nodePublishSecretRef LocalObjectReference, readOnly b, \#
            volumeAttributes %s
        core.CephFSVolumeSource: monitors! *s atomic, path s, readOnly b, secretFile s, secretRef \#
            LocalObjectReference, user s
        core.CinderVolumeSource: fsType s, readOnly b, secretRef LocalObjectReference, volumeID! s
        core.ClusterTrustBundleProjection: labelSelector meta.LabelSelector, name s, optional b, path! s, \#
            signerName s
        core.ConfigMapProjection: items *KeyToPath atomic, name s, optional b
        core.ConfigMapVolumeSource: defaultMode i, items *KeyToPath atomic, name s, optional b
        core.DownwardAPIProjection: items *DownwardAPIVolumeFile atomic
        core.DownwardAPIVolumeFile: fieldRef ObjectFieldSelector, mode i, path! s, resourceFieldRef \#
            ResourceFieldSelector
        core.DownwardAPIVolumeSource: defaultMode i, items *DownwardAPIVolumeFile atomic
        core.EmptyDirVolumeSource: medium s, sizeLimit q
        core.EphemeralVolumeSource: volumeClaimTemplate PersistentVolumeClaimTemplate
        core.FCVolumeSource: fsType s, lun i, readOnly b, targetWWNs *s atomic, wwids *s atomic
        core.FlexVolumeSource: driver! s, fsType s, options %s, readOnly b, secretRef LocalObjectReference
        core.FlockerVolumeSource: datasetName s, datasetUUID s
        core.GCEPersistentDiskVolumeSource: fsType s, partition i, pdName! s, readOnly b
        core.GitRepoVolumeSource: directory s, repository! s, revision s
        core.GlusterfsVolumeSource: endpoints! s, path! s, readOnly b
        core.HostPathVolumeSource: path! s, type s \#
            {|BlockDevice|CharDevice|Directory|DirectoryOrCreate|File|FileOrCreate|Socket}
        core.ISCSIVolumeSource: chapAuthDiscovery b, chapAuthSession b, fsType s, initiatorName s, iqn! s, \#
            iscsiInterface s ="default", lun! i, portals *s atomic, readOnly b, secretRef LocalObjectReference, \#
            targetPortal! s
        core.ImageVolumeSource: pullPolicy s {Always|IfNotPresent|Never}, reference s
        core.KeyToPath: key! s, mode i, path! s
        core.LocalObjectReference~: name s
        core.NFSVolumeSource: path! s, readOnly b, server! s
        core.ObjectFieldSelector~: apiVersion s, fieldPath! s
        core.PersistentVolumeClaimSpec: accessModes *s atomic, dataSource TypedLocalObjectReference, dataSourceRef \#
            TypedObjectReference, resources VolumeResourceRequirements, selector meta.LabelSelector, \#
            storageClassName s, volumeAttributesClassName s, volumeMode s {Block|Filesystem}, volumeName s
        core.PersistentVolumeClaimTemplate: metadata meta.ObjectMeta, spec! PersistentVolumeClaimSpec
        core.PersistentVolumeClaimVolumeSource: claimName! s, readOnly b
        core.PhotonPersistentDiskVolumeSource: fsType s, pdID! s
        core.PodCertificateProjection: certificateChainPath s, credentialBundlePath s, keyPath s, keyType! s, \#
            maxExpirationSeconds i, signerName! s, userAnnotations %s
        core.PortworxVolumeSource: fsType s, readOnly b, volumeID! s
        core.ProjectedVolumeSource: defaultMode i, sources *VolumeProjection atomic
        core.QuobyteVolumeSource: group s, readOnly b, registry! s, tenant s, user s, volume! s
        core.RBDVolumeSource: fsType s, image! s, keyring s ="/etc/ceph/keyring", monitors! *s atomic, pool s \#
            ="rbd", readOnly b, secretRef LocalObjectReference, user s ="admin"
        core.ResourceFieldSelector~: containerName s, divisor q, resource! s
        core.ScaleIOVolumeSource: fsType s ="xfs", gateway! s, protectionDomain s, readOnly b, secretRef! \#
            LocalObjectReference, sslEnabled b, storageMode s ="ThinProvisioned", storagePool s, system! s, \#
            volumeName s
        core.SecretProjection: items *KeyToPath atomic, name s, optional b
        core.SecretVolumeSource: defaultMode i, items *KeyToPath atomic, optional b, secretName s
        core.ServiceAccountTokenProjection: audience s, expirationSeconds l, path! s
        core.StorageOSVolumeSource: fsType s, readOnly b, secretRef LocalObjectReference, volumeName s, \#
            volumeNamespace s
        core.TypedLocalObjectReference~: apiGroup s, kind! s, name! s
        core.TypedObjectReference: apiGroup s, kind! s, name! s, namespace s
        core.Volume: awsElasticBlockStore AWSElasticBlockStoreVolumeSource, azureDisk AzureDiskVolumeSource, \#
            azureFile AzureFileVolumeSource, cephfs CephFSVolumeSource, cinder CinderVolumeSource, configMap \#
            ConfigMapVolumeSource, csi CSIVolumeSource, downwardAPI DownwardAPIVolumeSource, emptyDir \#
            EmptyDirVolumeSource, ephemeral EphemeralVolumeSource, fc FCVolumeSource, flexVolume FlexVolumeSource, \#
            flocker FlockerVolumeSource, gcePersistentDisk GCEPersistentDiskVolumeSource, gitRepo \#
            GitRepoVolumeSource, glusterfs GlusterfsVolumeSource, hostPath HostPathVolumeSource, image \#
            ImageVolumeSource, iscsi ISCSIVolumeSource, name! s, nfs NFSVolumeSource, persistentVolumeClaim \#
            PersistentVolumeClaimVolumeSource, photonPersistentDisk PhotonPersistentDiskVolumeSource, \#
            portworxVolume PortworxVolumeSource, projected ProjectedVolumeSource, quobyte QuobyteVolumeSource, rbd \#
            RBDVolumeSource, scaleIO ScaleIOVolumeSource, secret SecretVolumeSource, storageos \#
            StorageOSVolumeSource, vsphereVolume VsphereVirtualDiskVolumeSource
        core.VolumeProjection: clusterTrustBundle ClusterTrustBundleProjection, configMap ConfigMapProjection, \#
            downwardAPI DownwardAPIProjection, podCertificate PodCertificateProjection, secret SecretProjection, \#
            serviceAccountToken ServiceAccountTokenProjection
        core.VolumeResourceRequirements: limits %q, requests %q
        core.VsphereVirtualDiskVolumeSource: fsType s, storagePolicyID s, storagePolicyName s, volumePath! s
        """#
}
