# The commands of the README. CMake does the building (CMakePresets.json); this only spares typing it.
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
tare = build/bin/tare

.PHONY: help demo test bench papers build deps install format lint clean

help:
	@echo 'make demo     install what is missing, build, train on Fashion-MNIST'
	@echo 'make test     the same, then every test; the last line is "N passed, N failed"'
	@echo 'make bench    the same, then standard workloads: medians in milliseconds (FILTER=part of a name)'
	@echo 'make papers   the same, then every experiment: does the claim of the paper hold?'
	@echo 'make build    build/bin/tare, the library, the examples and the tests'
	@echo 'make install  headers, library, CMake package, pkg-config file, program (PREFIX=/usr/local, DESTDIR=)'
	@echo 'make format   clang-format over the tree'
	@echo 'make lint     clang-tidy over the library'
	@echo 'make clean    remove build/'

deps:
	@scripts/install-deps.sh

build: deps
	cmake --preset release -DCMAKE_INSTALL_PREFIX='$(PREFIX)' $(if $(filter true,$(CI)),-DTARE_WERROR=ON)
	cmake --build build -j $(JOBS)

demo: build
	$(tare) train examples/train/fashion_mnist.json

test: build
	@scripts/test.sh build

bench: build
	$(tare) bench $(if $(FILTER),--filter '$(FILTER)')

papers: build
	$(tare) papers run --all

install: build
	DESTDIR='$(DESTDIR)' cmake --install build --prefix '$(PREFIX)'

format:
	@scripts/install-deps.sh clang-format
	git ls-files '*.cpp' '*.h' | xargs -d '\n' clang-format -i

lint:
	@scripts/install-deps.sh clang-tidy
	cmake --preset dev
	git ls-files 'core/*.cpp' 'kernels/*.cpp' 'autograd/*.cpp' 'nn/*.cpp' 'optim/*.cpp' | xargs -d '\n' -P $(JOBS) -n 4 clang-tidy --quiet -p build/dev

clean:
	rm -rf build
