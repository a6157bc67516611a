// SPDX-License-Identifier: MIT
// Function-like macros and variadic functions are not imported into Swift: each gets one inline wrapper.
#pragma once
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

// EVP_RSA_gen is a macro over a variadic function.
static inline EVP_PKEY *ccrypto_rsa_generate(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

// EVP_EC_gen is a macro over a variadic function.
static inline EVP_PKEY *ccrypto_p256_generate(void) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

// BIO_get_mem_data is a macro over BIO_ctrl.
static inline long ccrypto_bio_memory(BIO *bio, char **data) {
    return BIO_get_mem_data(bio, data);
}

// The parameter list lives on this stack frame, which Swift could not promise.
static inline EVP_MAC_CTX *ccrypto_hmac_sha256_new(const unsigned char *key, size_t count) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (mac == NULL) return NULL;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (context == NULL) return NULL;
    OSSL_PARAM parameters[2] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    static const unsigned char empty = 0;
    if (EVP_MAC_init(context, count == 0 ? &empty : key, count, parameters) != 1) {
        EVP_MAC_CTX_free(context);
        return NULL;
    }
    return context;
}

// X509V3_set_ctx is declared with a flags macro; the context must live as long as the call that reads it.
static inline int ccrypto_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int done = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}
