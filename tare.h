// Everything a program that uses tare needs: `#include "tare.h"`.
#pragma once

#include "core/context.h"
#include "core/data/data.h"
#include "core/parallel.h"
#include "core/random.h"
#include "core/tensor.h"
