/* From a command line to an exit status: parse, dispatch, print the error. */
#pragma once

int dispatch_main(int argc, char **argv);
