# SPDX-License-Identifier: LGPL-2.1-or-later
# fish completion for driverctl. A candidate has its description behind a tab.

# __driverctl_ask ARGUMENT...: ask the program, which is not in everybody's PATH.
function __driverctl_ask
    set --local --export PATH $PATH /usr/sbin /sbin
    command --query driverctl; and command driverctl --timeout=2 $argv 2>/dev/null
end

# __driverctl_objects ARGUMENT...: ask for JSON. Each object begins a line.
function __driverctl_objects --no-scope-shadowing
    __driverctl_ask --json --bus=$bus $argv | tr '\n{' ' \n'
end

# __driverctl_names LIST...: the devices with driver and model, or the rules that can be changed.
function __driverctl_names --no-scope-shadowing
    for list in $argv
        __driverctl_objects $list
    end | sed -E 's/.*"name": *"([^"]*)", *"file": *"([^"]*\/etc\/[^"]*)".*/\1\t\2/
        s/.*"name": *"([^"]*)".*"saved_driver": *"([^"]*)".*/\1\t\2/
        s/.*"name": *"([^"]*)".*"driver": *("([^"]*)"|null).*"model": *("(([^"\\\\]|\\\\.)*)"|null).*/\1\t\3 \5/
        /\t/!d; s/\\\\(.)/\1/g'
end

# __driverctl_modules show|best-vfio DEVICE: the modules that this command prints, best first. The last
# program in the pipe is a builtin: fish may put what a builtin prints before what another one printed.
function __driverctl_modules --no-scope-shadowing
    __driverctl_objects $argv | sed -nE 's/.*"native": *\[([^]]*)\].*/\1/p
        s/.*"driver": *"([^"]*)".*"usable": *true.*/\1/p; t
        s/.*"module": *"([^"]*)".*"usable": *true.*/\1/p' | tr -d '" ' | string split ,
end

# __driverctl_drivers [DEVICE]: the drivers, those that fit the device first. Fails if an option has it.
function __driverctl_drivers --no-scope-shadowing
    string match --quiet --regex -- '^--(best-vfio|vfio-variant)' $options; and return 1
    set --query argv[1]; and __driverctl_modules show $argv[1]
    path basename /sys/bus/$bus/drivers/*
    echo none
end

# The values of an option.
function __driverctl_values --no-scope-shadowing
    switch $option
        case -b --bus
            path basename /sys/bus/*
        case --match
            printf '%s=\n' bus id class name path vf-of vf modalias except
        case --vfio-variant
            printf '%s\n' auto generic
            if set --query arguments[2]
                __driverctl_modules best-vfio $arguments[2]
            else
                path basename /sys/bus/$bus/drivers/*vfio*
            end
    end
end

# The commands and options of the help, with their descriptions.
function __driverctl_commands --no-scope-shadowing
    printf '%s\n' $help | sed -nE '/^Commands/,/^$/s/^  ([^ ]+) +(.*)/\1\t\2/p'
end

function __driverctl_options --no-scope-shadowing
    set --query arguments[1]; and set help (__driverctl_ask help $arguments[1])
    printf '%s\n' $help | sed -nE '/^Options:/,/^$/{
        s/^ +((-.), )?(--[a-z-]+=?)[A-Z=]* +((.*\(or (--[a-z]+)\))?.*)/\2\t\4\n\3\t\4\n\6\t\4/p}' |
        string match -- '-*'
end

# The next argument, by the first line of the command's help.
function __driverctl_arguments --no-scope-shadowing
    set --local usage (__driverctl_ask help $arguments[1])[1]
    set --local lists list-devices
    switch $arguments[1]
        case load-override
            set lists list-persisted
        case unset-override
            set lists list-overrides list-persisted
    end
    set --query arguments[2]; and string match --quiet '*DEVICE... DRIVER' $usage
    and __driverctl_drivers $arguments[2]
    switch (count $arguments)' '$usage
        case '1 *CLASS*'
            printf '%s\n' $help | sed -n '/^CLASS:/,/^$/s/^[CLAS:]* *//p' | tr ' ' '\n'
        case '1 *[COMMAND]'
            __driverctl_commands
        case '1 *DIRECTORY'
            __fish_complete_directories
        case '1 * NAME*'
            __driverctl_names list-rules
        case '2 * NAME DRIVER'
            __driverctl_drivers; and echo native
        case '*DEVICE...*'
            contains -- --all $options; or __driverctl_names $lists
    end
end

function __driverctl_candidates
    set --local help (__driverctl_ask --help)
    set --local bus pci
    set --query SUBSYSTEM; and test -n "$SUBSYSTEM"; and set bus $SUBSYSTEM
    set --local arguments
    set --local options
    set --local option
    set --local word (commandline -ct)
    for given in (commandline -opc)[2..-1] (string match --regex -- '^--[a-z-]+(?==)' $word)
        if test -n "$option"
            contains -- $option -b --bus; and set bus $given
            set option
        else if string match --quiet -- '-*' $given
            set --append options $given
            set --local value (string match --regex --groups-only -- '^(?:--bus=|-b)(.+)' $given)
            and set bus $value
            # The next word may be the value.
            set --local pattern '\s'(string escape --style=regex -- $given)'(, --[a-z-]+)?='
            string match --quiet --regex -- $pattern $help; and set option $given
        else
            set --append arguments $given
        end
    end
    if test -n "$option"
        set --local prefix (string match --regex -- '^--[a-z-]+=' $word)
        __driverctl_values | string replace --regex -- '^' "$prefix"
    else if string match --quiet -- '-*' $word
        __driverctl_options
    else if not set --query arguments[1]
        __driverctl_commands
    else
        __driverctl_arguments
    end
end

complete -c driverctl -f -k -a '(__driverctl_candidates)'
