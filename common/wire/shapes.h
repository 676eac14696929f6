/*
 * All shapes there are, in one list: for the tables of this folder, and for tests that want every
 * one.
 */
#ifndef OMB_WIRE_SHAPES_H
#define OMB_WIRE_SHAPES_H

#include "wire/backup.h"
#include "wire/certificate.h"
#include "wire/control.h"
#include "wire/enrol.h"
#include "wire/facts.h"
#include "wire/link.h"
#include "wire/parts.h"
#include "wire/record.h"
#include "wire/rows.h"
#include "wire/tree.h"

#define OMB_SHAPES_ALL(S)                                                                        \
    OMB_SHAPES_facts(S)                                                                          \
    OMB_SHAPES_parts(S)                                                                          \
    OMB_SHAPES_record(S)                                                                         \
    OMB_SHAPES_certificate(S)                                                                    \
    OMB_SHAPES_enrol(S)                                                                          \
    OMB_SHAPES_backup(S)                                                                         \
    OMB_SHAPES_tree(S)                                                                           \
    OMB_SHAPES_link(S)                                                                           \
    OMB_SHAPES_control(S)                                                                        \
    OMB_SHAPES_rows(S)

enum {
#define OMB_SHAPE_NUMBER(s) OMB_NUMBER_##s,
    OMB_SHAPES_ALL(OMB_SHAPE_NUMBER)
#undef OMB_SHAPE_NUMBER
    OMB_SHAPE_COUNT
};

extern const struct omb_shape *const omb_shapes[OMB_SHAPE_COUNT];

#endif
