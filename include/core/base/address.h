/* address: how many modules a stack can have; their addresses are 1 to this. */
#ifndef CORE_ADDRESS_H
#define CORE_ADDRESS_H

#define ADDRESS_MAX 16

#endif
