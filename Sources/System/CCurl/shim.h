// SPDX-License-Identifier: MIT
// Swift cannot call variadic C functions: each option type gets one typed wrapper.
#pragma once
#include <curl/curl.h>
