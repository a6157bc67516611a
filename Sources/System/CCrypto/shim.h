// SPDX-License-Identifier: MIT
// Function-like macros are not imported into Swift: each gets one inline wrapper.
#pragma once
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <openssl/err.h>
