// SPDX-License-Identifier: MIT
#pragma once
#include <zlib.h>

// deflateInit and inflateInit are macros, which pass the version that this was compiled with.
static inline int czlib_deflate_init(z_stream *stream, int level) { return deflateInit(stream, level); }
static inline int czlib_inflate_init(z_stream *stream) { return inflateInit(stream); }
