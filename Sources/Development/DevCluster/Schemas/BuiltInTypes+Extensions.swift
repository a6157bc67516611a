// SPDX-License-Identifier: MIT

extension BuiltInTypes {
    /// Custom resource definitions and admission policies. One line a type; `BuiltInTypes` says how they are written.
    static let extensions = #"""
        admission.AuditAnnotation: key! s, valueExpression! s
        admission.ExpressionWarning: fieldRef! s, warning! s
        admission.MatchCondition: expression! s, name! s
        admission.MatchResources~: excludeResourceRules *NamedRuleWithOperations atomic, matchPolicy s \#
            {Equivalent|Exact}, namespaceSelector meta.LabelSelector, objectSelector meta.LabelSelector, \#
            resourceRules *NamedRuleWithOperations atomic
        admission.NamedRuleWithOperations~: apiGroups *s atomic, apiVersions *s atomic, operations *s atomic, \#
            resourceNames *s atomic, resources *s atomic, scope s {*|Cluster|Namespaced}
        admission.ParamKind~: apiVersion s, kind s
        admission.ParamRef~: name s, namespace s, parameterNotFoundAction s, selector meta.LabelSelector
        admission.TypeChecking: expressionWarnings *ExpressionWarning atomic
        admission.ValidatingAdmissionPolicy: apiVersion s, kind s, metadata meta.ObjectMeta, spec \#
            ValidatingAdmissionPolicySpec, status ValidatingAdmissionPolicyStatus
        admission.ValidatingAdmissionPolicyBinding: apiVersion s, kind s, metadata meta.ObjectMeta, spec! \#
            ValidatingAdmissionPolicyBindingSpec
        admission.ValidatingAdmissionPolicyBindingSpec: matchResources MatchResources, paramRef ParamRef, \#
            policyName! s, validationActions! *s set
        admission.ValidatingAdmissionPolicySpec: auditAnnotations *AuditAnnotation atomic, failurePolicy s \#
            {Fail|Ignore}, matchConditions *MatchCondition map(name) patch(merge:name), matchConstraints \#
            MatchResources, paramKind ParamKind, validations *Validation atomic, variables *Variable map(name) \#
            patch(merge:name)
        admission.ValidatingAdmissionPolicyStatus: conditions *meta.Condition map(type), observedGeneration l, \#
            typeChecking TypeChecking
        admission.Validation: expression! s, message s, messageExpression s, reason s
        admission.Variable~: expression! s, name! s
        ext.CustomResourceColumnDefinition: description s, format s, jsonPath! s, name! s, priority i, type! s
        ext.CustomResourceConversion: strategy! s, webhook WebhookConversion
        ext.CustomResourceDefinition: apiVersion s, kind s, metadata meta.ObjectMeta, spec! \#
            CustomResourceDefinitionSpec, status CustomResourceDefinitionStatus
        ext.CustomResourceDefinitionCondition: lastTransitionTime t, message s, observedGeneration l, reason s, \#
            status! s, type! s
        ext.CustomResourceDefinitionNames: categories *s atomic, kind! s, listKind s, plural! s, shortNames *s \#
            atomic, singular s
        ext.CustomResourceDefinitionSpec: conversion CustomResourceConversion, group! s, names! \#
            CustomResourceDefinitionNames, preserveUnknownFields b, scope! s, versions! \#
            *CustomResourceDefinitionVersion atomic
        ext.CustomResourceDefinitionStatus: acceptedNames CustomResourceDefinitionNames, conditions \#
            *CustomResourceDefinitionCondition map(type), observedGeneration l, storedVersions *s atomic
        ext.CustomResourceDefinitionVersion: additionalPrinterColumns *CustomResourceColumnDefinition atomic, \#
            deprecated b, deprecationWarning s, name! s, schema CustomResourceValidation, selectableFields \#
            *SelectableField atomic, served! b, storage! b, subresources CustomResourceSubresources
        ext.CustomResourceSubresourceScale: labelSelectorPath s, specReplicasPath! s, statusReplicasPath! s
        ext.CustomResourceSubresourceStatus?:
        ext.CustomResourceSubresources: scale CustomResourceSubresourceScale, status \#
            CustomResourceSubresourceStatus
        ext.CustomResourceValidation: openAPIV3Schema JSONSchemaProps
        ext.ExternalDocumentation: description s, url s
        ext.JSON?:
        ext.JSONSchemaProps: $ref s, $schema s, additionalItems JSONSchemaPropsOrBool, additionalProperties \#
            JSONSchemaPropsOrBool, allOf *JSONSchemaProps atomic, anyOf *JSONSchemaProps atomic, default JSON, \#
            definitions %JSONSchemaProps, dependencies %JSONSchemaPropsOrStringArray, description s, enum *JSON \#
            atomic, example JSON, exclusiveMaximum b, exclusiveMinimum b, externalDocs ExternalDocumentation, \#
            format s, id s, items JSONSchemaPropsOrArray, maxItems l, maxLength l, maxProperties l, maximum d, \#
            minItems l, minLength l, minProperties l, minimum d, multipleOf d, not JSONSchemaProps, nullable b, \#
            oneOf *JSONSchemaProps atomic, pattern s, patternProperties %JSONSchemaProps, properties \#
            %JSONSchemaProps, required *s atomic, title s, type s, uniqueItems b, x-kubernetes-embedded-resource \#
            b, x-kubernetes-int-or-string b, x-kubernetes-list-map-keys *s atomic, x-kubernetes-list-type s, \#
            x-kubernetes-map-type s, x-kubernetes-preserve-unknown-fields b, x-kubernetes-validations \#
            *ValidationRule map(rule) patch(merge:rule)
        ext.JSONSchemaPropsOrArray?:
        ext.JSONSchemaPropsOrBool?:
        ext.JSONSchemaPropsOrStringArray?:
        ext.SelectableField: jsonPath! s
        ext.ServiceReference: name! s, namespace! s, path s, port i
        ext.ValidationRule: fieldPath s, message s, messageExpression s, optionalOldSelf b, reason s \#
            {FieldValueDuplicate|FieldValueForbidden|FieldValueInvalid|FieldValueRequired}, rule! s
        ext.WebhookClientConfig: caBundle y, service ServiceReference, url s
        ext.WebhookConversion: clientConfig WebhookClientConfig, conversionReviewVersions! *s atomic
        """#
}
