// All of tare::data that programs use.
#pragma once

#include "core/data/corrupt.h"
#include "core/data/csv.h"
#include "core/data/dataset.h"
#include "core/data/graph.h"
#include "core/data/images.h"
#include "core/data/loader.h"
#include "core/data/sampler.h"
#include "core/data/synthetic.h"
#include "core/data/text.h"
#include "core/data/transform.h"
