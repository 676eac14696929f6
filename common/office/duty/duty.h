/*
 * What the acting system owes: events that it writes by itself, by code and not by an operator
 * (design: complaints, Events of a case).
 */
#ifndef OMB_OFFICE_DUTY_DUTY_H
#define OMB_OFFICE_DUTY_DUTY_H

#include "office/corridor.h"

/*
 * After a case was folded anew, here or from a link: the key for a custodian that has none
 * (`granted` by `system`: home first; by another holder when home is gone). Writes into the file.
 */
enum omb_rc omb_duty_case(struct omb_step *step, struct omb_casefile *file,
                          struct omb_error *err) OMB_MUST_USE;

#endif
