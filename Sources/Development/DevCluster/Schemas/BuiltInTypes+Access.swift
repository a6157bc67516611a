// SPDX-License-Identifier: MIT

extension BuiltInTypes {
    /// authentication, authorization and RBAC. One line a type; `BuiltInTypes` says how they are written.
    static let access = #"""
        authn.BoundObjectReference: apiVersion s, kind s, name s, uid s
        authn.SelfSubjectReview: apiVersion s, kind s, metadata meta.ObjectMeta, status SelfSubjectReviewStatus
        authn.SelfSubjectReviewStatus: userInfo UserInfo
        authn.TokenRequest: apiVersion s, kind s, metadata meta.ObjectMeta, spec TokenRequestSpec, status \#
            TokenRequestStatus
        authn.TokenRequestSpec: audiences *s atomic, boundObjectRef BoundObjectReference, expirationSeconds l
        authn.TokenRequestStatus: expirationTimestamp t, token s
        authn.TokenReview: apiVersion s, kind s, metadata meta.ObjectMeta, spec! TokenReviewSpec, status \#
            TokenReviewStatus
        authn.TokenReviewSpec: audiences *s atomic, token! s
        authn.TokenReviewStatus: audiences *s atomic, authenticated b, error s, user UserInfo
        authn.UserInfo: extra %*s, groups *s atomic, uid s, username s
        authz.FieldSelectorAttributes: rawSelector s, requirements *meta.FieldSelectorRequirement atomic
        authz.LabelSelectorAttributes: rawSelector s, requirements *meta.LabelSelectorRequirement atomic
        authz.LocalSubjectAccessReview: apiVersion s, kind s, metadata meta.ObjectMeta, spec! \#
            SubjectAccessReviewSpec, status SubjectAccessReviewStatus
        authz.NonResourceAttributes: path s, verb s
        authz.NonResourceRule: nonResourceURLs *s atomic, verbs! *s atomic
        authz.ResourceAttributes: fieldSelector FieldSelectorAttributes, group s, labelSelector \#
            LabelSelectorAttributes, name s, namespace s, resource s, subresource s, verb s, version s
        authz.ResourceRule: apiGroups *s atomic, resourceNames *s atomic, resources *s atomic, verbs! *s atomic
        authz.SelfSubjectAccessReview: apiVersion s, kind s, metadata meta.ObjectMeta, spec! \#
            SelfSubjectAccessReviewSpec, status SubjectAccessReviewStatus
        authz.SelfSubjectAccessReviewSpec: nonResourceAttributes NonResourceAttributes, resourceAttributes \#
            ResourceAttributes
        authz.SelfSubjectRulesReview: apiVersion s, kind s, metadata meta.ObjectMeta, spec! \#
            SelfSubjectRulesReviewSpec, status SubjectRulesReviewStatus
        authz.SelfSubjectRulesReviewSpec: namespace s
        authz.SubjectAccessReview: apiVersion s, kind s, metadata meta.ObjectMeta, spec! SubjectAccessReviewSpec, \#
            status SubjectAccessReviewStatus
        authz.SubjectAccessReviewSpec: extra %*s, groups *s atomic, nonResourceAttributes NonResourceAttributes, \#
            resourceAttributes ResourceAttributes, uid s, user s
        authz.SubjectAccessReviewStatus: allowed! b, denied b, evaluationError s, reason s
        authz.SubjectRulesReviewStatus: evaluationError s, incomplete! b, nonResourceRules! *NonResourceRule \#
            atomic, resourceRules! *ResourceRule atomic
        rbac.AggregationRule: clusterRoleSelectors *meta.LabelSelector atomic
        rbac.ClusterRole: aggregationRule AggregationRule, apiVersion s, kind s, metadata meta.ObjectMeta, rules \#
            *PolicyRule atomic
        rbac.ClusterRoleBinding: apiVersion s, kind s, metadata meta.ObjectMeta, roleRef! RoleRef, subjects \#
            *Subject atomic
        rbac.PolicyRule: apiGroups *s atomic, nonResourceURLs *s atomic, resourceNames *s atomic, resources *s \#
            atomic, verbs! *s atomic
        rbac.Role: apiVersion s, kind s, metadata meta.ObjectMeta, rules *PolicyRule atomic
        rbac.RoleBinding: apiVersion s, kind s, metadata meta.ObjectMeta, roleRef! RoleRef, subjects *Subject \#
            atomic
        rbac.RoleRef~: apiGroup s, kind! s, name! s
        rbac.Subject~: apiGroup s, kind! s, name! s, namespace s
        """#
}
