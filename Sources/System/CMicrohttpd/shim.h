// SPDX-License-Identifier: MIT
// Swift cannot call variadic C functions: each use gets one typed wrapper.
#pragma once
#include <sys/types.h>
#include <sys/socket.h>
#include <stdarg.h>
#include <stdint.h>
#include <microhttpd.h>
