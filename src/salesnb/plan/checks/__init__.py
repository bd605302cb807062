"""The rules of the plan checker: a module a family, each rule one function."""
