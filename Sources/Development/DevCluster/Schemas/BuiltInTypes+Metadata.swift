// SPDX-License-Identifier: MIT

extension BuiltInTypes {
    /// What all objects have in common. One line a type; `BuiltInTypes` says how they are written.
    static let metadata = #"""
        meta.Condition: lastTransitionTime! t, message! s, observedGeneration l, reason! s, status! s, type! s
        meta.FieldSelectorRequirement: key! s, operator! s, values *s atomic
        meta.FieldsV1?:
        meta.LabelSelector~: matchExpressions *LabelSelectorRequirement atomic, matchLabels %s
        meta.LabelSelectorRequirement: key! s, operator! s, values *s atomic
        meta.ManagedFieldsEntry: apiVersion s, fieldsType s, fieldsV1 FieldsV1, manager s, operation s, \#
            subresource s, time t
        meta.ObjectMeta: annotations %s, creationTimestamp t, deletionGracePeriodSeconds l, deletionTimestamp t, \#
            finalizers *s set patch(merge), generateName s, generation l, labels %s, managedFields \#
            *ManagedFieldsEntry atomic, name s, namespace s, ownerReferences *OwnerReference map(uid) \#
            patch(merge:uid), resourceVersion s, selfLink s, uid s
        meta.OwnerReference~: apiVersion! s, blockOwnerDeletion b, controller b, kind! s, name! s, uid! s
        """#
}
